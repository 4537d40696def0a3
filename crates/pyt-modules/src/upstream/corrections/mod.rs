//! Corrections of upstream's errors, a file each: what CPython 3.14 does and upstream does not.
//!
//! Each file says what is wrong upstream and when it can go. A correction is made
//!
//! - to native classes, once for the process, before the first interpreter creates a class
//!   ([`correct_classes`]);
//! - to a native module when a program imports it ([`module_defs`]): a start pays nothing for it;
//! - to an interpreter that begins ([`begin`]).
//!
//! What cannot be corrected from outside is listed in `docs/differences.md`.

mod address_families;
mod array_bytes;
mod array_items;
mod array_texts;
mod base_classes;
mod bytearray_indices;
mod bytes_as_text;
mod bytes_concatenation;
mod bytes_formats;
mod canonical_names;
mod charmaps;
mod classes;
pub(crate) mod code_in_pieces;
mod comprehension_variables;
mod conditional_annotations;
mod ctypes_callbacks;
mod ctypes_casts;
mod deleted_items;
mod deques;
pub(crate) mod dialects;
mod dict_entries;
pub(crate) mod docstrings;
mod equal_dictionaries;
mod exception_keywords;
pub(crate) mod executing;
mod extremes;
mod float_powers;
mod float_sums;
mod folded_quotients;
mod formatted_surrogates;
mod import_frames;
mod instructions;
mod int_subclasses;
mod iterated_twice;
mod iterators;
mod kept_arguments;
mod late_globals;
mod line_events;
mod line_number_tables;
mod locals_of_ended_frames;
mod messages;
mod negative_numbers_in_trees;
mod negative_zero;
mod ordered_dict_views;
pub(crate) mod os_errors;
mod parts_of_groups;
mod profile_events;
mod quotients_in_trees;
mod raised_classes;
mod received_into_buffers;
mod refused_files;
mod refused_keywords;
mod regular_expressions;
mod replaced_methods;
mod replaced_new;
mod searches;
mod semlock_keywords;
mod set_operators;
pub(crate) mod slots;
mod surrogates_in_trees;
pub(crate) mod syntax;
mod syntax_messages;
mod template_equality;
mod thrown_into_new;
mod time_zone_folders;
mod trees;
mod trees_in_pieces;
mod truth_of_tuples;
mod unnamed_functions;
pub(crate) mod unterminated_literals;
mod zlib_flushes;
mod zlib_messages;

use std::sync::{Arc, Once};

use pyt_vm::state::InterpreterState;
use rustpython_vm::{Context, PyResult, VirtualMachine, builtins::PyModuleDef};

/// Corrects native classes, which all interpreters of the process share.
pub(crate) fn correct_classes(ctx: &Context) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        executing::correct();
        conditional_annotations::correct(ctx);
        classes::correct(ctx);
        negative_zero::correct(ctx);
        float_powers::correct(ctx);
        set_operators::correct(ctx);
        unnamed_functions::correct(ctx);
        line_number_tables::correct(ctx);
        locals_of_ended_frames::correct(ctx);
        formatted_surrogates::correct(ctx);
        bytes_formats::correct(ctx);
        bytes_as_text::correct(ctx);
        bytes_concatenation::correct(ctx);
        bytearray_indices::correct(ctx);
        deleted_items::correct(ctx);
        equal_dictionaries::correct(ctx);
        truth_of_tuples::correct(ctx);
        messages::correct(ctx);
        refused_keywords::correct(ctx);
        iterators::correct(ctx);
        docstrings::correct(ctx);
        // Before the next one, which leaves the function of `OSError` alone.
        os_errors::correct(ctx);
        raised_classes::correct(ctx);
        exception_keywords::correct(ctx);
        parts_of_groups::correct(ctx);
        dict_entries::correct(ctx);
        iterated_twice::correct(ctx);
        searches::correct(ctx);
        int_subclasses::correct(ctx);
        template_equality::correct(ctx);
        thrown_into_new::correct(ctx);
    });
}

/// The definitions of the native modules that are corrected.
pub(crate) fn module_defs() -> Vec<&'static PyModuleDef> {
    kept_arguments::module_defs()
        .chain(ctypes_callbacks::module_def())
        .chain(semlock_keywords::module_def())
        .chain(canonical_names::module_def())
        .chain(time_zone_folders::module_def())
        .chain(zlib_messages::module_def())
        .chain(charmaps::module_def())
        .chain(dialects::module_def())
        .chain(iterators::module_def())
        .chain(base_classes::module_def())
        .chain(array_texts::module_def())
        .chain(deques::module_def())
        .chain(regular_expressions::module_def())
        .collect()
}

/// Corrects an interpreter that is entered for the first time.
pub(crate) fn begin(state: &Arc<InterpreterState>, vm: &VirtualMachine) -> PyResult<()> {
    line_events::begin(state, vm)?;
    profile_events::begin(state, vm)?;
    executing::begin(vm)?;
    import_frames::begin(vm)?;
    refused_keywords::begin(vm)?;
    float_sums::begin(vm)?;
    extremes::begin(vm)?;
    refused_files::begin(vm)
}
