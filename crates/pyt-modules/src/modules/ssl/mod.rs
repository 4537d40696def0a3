//! The module `_ssl`: upstream's, with `ring` for the cryptography.
//!
//! `rustls` has one provider of cryptography for the whole process. It is installed when a program
//! first imports `_ssl`, so that a host whose programs use no TLS keeps the choice.

mod errors;
mod parameters;
mod paths;
mod socket;
mod transport;

use std::sync::OnceLock;

use rustls::crypto::ring;
use rustpython_stdlib::ssl::providers::CryptoExt;
use rustpython_vm::{
    AsObject, Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef},
};

use crate::upstream::{self, corrections::os_errors, derived};

/// What `ssl.OPENSSL_VERSION` says. Programs look for "OpenSSL" and a number that is no lower than
/// what they need (urllib3); upstream's own text names another provider.
const VERSION: &str = "OpenSSL 3.3.0-compatible (ring/rustls 0.23)";

/// The definition of `_ssl`. `None` if upstream was built without it.
pub(crate) fn definition() -> Option<&'static PyModuleDef> {
    static MADE: OnceLock<Option<&'static PyModuleDef>> = OnceLock::new();
    *MADE.get_or_init(|| {
        let original = *upstream::definitions().get("_ssl")?;
        let def = derived::refilled(original, fill);
        Some(Box::leak(Box::new(def)))
    })
}

fn fill(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    if !install_provider() {
        let message = "the host of this interpreter has chosen another provider for rustls before the \
                       first import of ssl: import ssl in a Runtime first";
        return Err(vm.new_import_error(message, vm.ctx.new_utf8_str("_ssl")));
    }
    let original = upstream::definitions().get("_ssl");
    if let Some(fill) = original.and_then(|original| original.slots.exec) {
        fill(vm, module)?;
    }
    os_errors::correct_module(module, vm);
    socket::correct(module, vm)?;
    let version = vm.ctx.new_str(VERSION);
    module.as_object().set_attr("OPENSSL_VERSION", version, vm)
}

/// Makes `ring` the provider of the process. False: it has another one.
fn install_provider() -> bool {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    *INSTALLED.get_or_init(|| {
        let extension = CryptoExt {
            all_cipher_suites: Some(ring::ALL_CIPHER_SUITES),
            default_cipher_suites: Some(ring::DEFAULT_CIPHER_SUITES),
            all_kx_groups: Some(ring::ALL_KX_GROUPS),
            any_supported_key: Some(ring::sign::any_supported_type),
            ticketer: ring::Ticketer::new,
        };
        CryptoExt::set_provider(ring::default_provider(), extension).is_ok()
    })
}
