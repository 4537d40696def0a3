//! An IPv6 address that a socket of IPv4 is to bind, connect or send to is refused with a
//! `gaierror`, or taken for the IPv4 address that it stands for: `::ffff:127.0.0.1`. So does
//! `gethostbyname`. Upstream panics, which ends the program.
//!
//! Can go when upstream's `get_addr` looks at the family before it takes an address of IPv6.

use std::{net::Ipv6Addr, sync::Once};

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseException, PyModule, PyModuleDef, PyStr, PyTuple, PyType},
    function::{Callee, FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
};

use super::{received_into_buffers, replaced_methods::replace};
use crate::upstream::{self, derived::derive};

/// What glibc says, and its number.
const REFUSED: (i32, &str) = (-9, "Address family for hostname not supported");

#[cfg(unix)]
const AF_INET: i32 = libc::AF_INET;
#[cfg(not(unix))]
const AF_INET: i32 = 2;

static GETHOSTBYNAME: PyMethodDef = PyMethodDef::new_const(
    "gethostbyname",
    gethostbyname,
    PyMethodFlags::empty(),
    ItemDoc::static_text(
        "gethostbyname(host) -> address\n\n\
         Return the IP address (a string of the form '255.255.255.255') for a host.",
    ),
);

/// The module with both corrections.
pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    Some(derive(received_into_buffers::module_def()?, correct_module))
}

fn correct_module(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    static ONCE: Once = Once::new();
    let class = module.as_object().get_attr("socket", vm)?;
    let Ok(class) = class.downcast::<PyType>() else {
        return Ok(());
    };
    // The class is one for the process: the first interpreter that imports the module changes it.
    ONCE.call_once(|| {
        let class: &'static Py<PyType> = Box::leak(Box::new(class));
        for name in ["bind", "connect", "connect_ex", "sendto", "sendmsg"] {
            replace(class, name, &vm.ctx, |upstream| {
                move |vm: &VirtualMachine, mut args: FuncArgs, callee: Callee| {
                    if let Some(number) = number_of_address(name, args.args.len())
                        && let Some(known) = host_of_ipv6(&args.args[number])
                        && is_of_ipv4(&args.args[0], vm)
                    {
                        args.args[number] = as_ipv4(known, &args.args[number], vm)?;
                    }
                    upstream(vm, args, callee)
                }
            });
        }
    });
    let function = GETHOSTBYNAME
        .to_function()
        .with_module(vm.ctx.intern_str("_socket"))
        .with_module_object(module.to_owned().into())
        .into_ref(&vm.ctx);
    module
        .as_object()
        .set_attr(GETHOSTBYNAME.name, function, vm)
}

fn gethostbyname(mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let host = args.args.first().and_then(|host| numbers_of_ipv6(host));
    if let Some(host) = host {
        let mapped = host.to_ipv4_mapped();
        let mapped = mapped.map_or_else(|| Err(refused(vm)?), |mapped| Ok(mapped.to_string()))?;
        args.args[0] = vm.ctx.new_str(mapped).into();
    }
    upstream::call("_socket", GETHOSTBYNAME.name, args, vm)
}

/// Which of so many arguments, the socket among them, is the address.
fn number_of_address(method: &str, arguments: usize) -> Option<usize> {
    let number = match method {
        "sendto" => arguments.checked_sub(1).filter(|last| *last >= 2)?,
        "sendmsg" => 4,
        _ => 1,
    };
    (number < arguments).then_some(number)
}

/// The host of a pair of host and port that is an address of IPv6, in numbers.
fn host_of_ipv6(address: &PyObject) -> Option<Ipv6Addr> {
    let address = address.downcast_ref::<PyTuple>()?;
    let [host, _] = address.as_slice() else {
        return None;
    };
    numbers_of_ipv6(host)
}

fn numbers_of_ipv6(host: &PyObject) -> Option<Ipv6Addr> {
    host.downcast_ref::<PyStr>()?.to_str()?.parse().ok()
}

fn is_of_ipv4(socket: &PyObject, vm: &VirtualMachine) -> bool {
    let family = socket.get_attr("family", vm);
    let family = family.and_then(|family| family.try_index(vm)?.try_to_primitive::<i32>(vm));
    family.is_ok_and(|family| family == AF_INET)
}

/// The address with the IPv4 address that `host` stands for.
fn as_ipv4(host: Ipv6Addr, address: &PyObject, vm: &VirtualMachine) -> PyResult {
    let Some(mapped) = host.to_ipv4_mapped() else {
        return Err(refused(vm)?);
    };
    let port: PyObjectRef = address.get_item(&1_usize, vm)?;
    let host = vm.ctx.new_str(mapped.to_string());
    Ok(vm.ctx.new_tuple(vec![host.into(), port]).into())
}

fn refused(vm: &VirtualMachine) -> PyResult<rustpython_vm::PyRef<PyBaseException>> {
    let class = vm.import("_socket", 0)?.get_attr("gaierror", vm)?;
    let error = class.call(REFUSED, vm)?;
    error
        .downcast()
        .map_err(|_| vm.new_system_error("gaierror is no exception"))
}

#[cfg(test)]
mod tests {
    use super::number_of_address;

    #[test]
    fn the_address_is_found_among_the_arguments() {
        assert_eq!(number_of_address("bind", 2), Some(1));
        assert_eq!(number_of_address("bind", 1), None);
        assert_eq!(number_of_address("sendto", 3), Some(2));
        assert_eq!(number_of_address("sendto", 4), Some(3));
        assert_eq!(number_of_address("sendto", 2), None);
        assert_eq!(number_of_address("sendmsg", 5), Some(4));
        assert_eq!(number_of_address("sendmsg", 4), None);
    }
}
