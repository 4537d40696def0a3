//! Memory that Python and Rust share.

use pyt_runtime::{Buffer, Error, Function, Runtime, Value};

use crate::support::{in_both_modes, runtime};

fn buffer<T: pyt_runtime::BufferItem>(runtime: &Runtime, text: &str) -> Result<Buffer<T>, Error> {
    runtime.eval::<Value>(text)?.buffer()
}

#[test]
fn items_are_read_where_they_lie() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        runtime.exec("import array").unwrap();
        let bytes: Buffer<u8> = buffer(&runtime, "b'abc'").unwrap();
        assert_eq!(bytes.to_vec().unwrap(), b"abc");
        assert!(bytes.is_readonly());
        assert_eq!(
            bytes.with_mut(|_| ()).unwrap_err().type_name(),
            "BufferError"
        );
        let ints: Buffer<i32> = buffer(&runtime, "array.array('i', [1, -2])").unwrap();
        assert_eq!(ints.to_vec().unwrap(), [1, -2]);
        let long: Buffer<i64> = buffer(&runtime, "array.array('q', [1 << 40])").unwrap();
        assert_eq!(long.to_vec().unwrap(), [1 << 40]);
        let floats: Buffer<f32> = buffer(&runtime, "array.array('f', [0.5] * 3)").unwrap();
        assert_eq!((floats.len(), floats.is_readonly()), (3, false));
        let part: Buffer<u8> = buffer(&runtime, "memoryview(b'abcdef')[2:4]").unwrap();
        assert_eq!(part.to_vec().unwrap(), b"cd");
        let square: Buffer<u8> = buffer(&runtime, "memoryview(b'abcd').cast('B', (2, 2))").unwrap();
        assert_eq!(square.to_vec().unwrap(), b"abcd");
        let empty: Buffer<f64> = buffer(&runtime, "array.array('d')").unwrap();
        assert!(empty.is_empty() && empty.to_vec().unwrap().is_empty());
        drop((bytes, ints, long, floats, part, square, empty));
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn changes_are_seen_on_the_other_side() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        runtime.exec("data = bytearray(b'abc')").unwrap();
        let shared: Buffer<u8> = buffer(&runtime, "data").unwrap();
        shared.with_mut(|items| items[0] = b'x').unwrap();
        runtime.exec("data[1] = ord('y')").unwrap();
        assert_eq!(runtime.eval::<Vec<u8>>("bytes(data)").unwrap(), b"xyc");
        assert_eq!(shared.to_vec().unwrap(), b"xyc");
        // It keeps its size for as long as it is shared.
        let error = runtime.exec("data.append(1)").unwrap_err();
        assert_eq!(error.type_name(), "BufferError");
        drop(shared);
        runtime.exec("data.append(1)").unwrap();
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn a_vector_becomes_a_memoryview_of_itself() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let made = runtime.buffer(vec![1.5_f64, 2.5]).unwrap();
        let at = made.with(|items| items.as_ptr() as usize).unwrap();
        let view: Value = runtime.value(made).unwrap();
        runtime.set("view", view.clone()).unwrap();
        let state = "type(view).__name__, view.format, len(view), view.readonly";
        assert_eq!(
            runtime.eval::<(String, String, i64, bool)>(state).unwrap(),
            ("memoryview".to_owned(), "d".to_owned(), 2, false)
        );
        runtime.exec("view[0] = 10").unwrap();
        let again: Buffer<f64> = view.buffer().unwrap();
        assert_eq!(again.to_vec().unwrap(), [10.0, 2.5]);
        assert_eq!(again.with(|items| items.as_ptr() as usize).unwrap(), at);
        // What Python releases is its own view only.
        runtime.exec("view.release()").unwrap();
        assert_eq!(again.to_vec().unwrap(), [10.0, 2.5]);
        assert_eq!(view.buffer::<f64>().unwrap_err().type_name(), "ValueError");
        drop((again, view));

        let double = |numbers: Buffer<f64>| {
            numbers.with_mut(|items| items.iter_mut().for_each(|n| *n *= 2.0))
        };
        runtime
            .set("double", Function::new("double", double))
            .unwrap();
        runtime
            .exec("import array\nnumbers = array.array('d', [1, 2])\ndouble(numbers)")
            .unwrap();
        assert_eq!(
            runtime.eval::<Vec<f64>>("list(numbers)").unwrap(),
            [2.0, 4.0]
        );
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn what_is_no_such_buffer_is_refused() {
    let runtime = runtime(true);
    runtime.exec("import array").unwrap();
    for (text, class) in [
        ("[1.0]", "TypeError"),
        ("'text'", "TypeError"),
        ("b'12345678'", "TypeError"),
        ("array.array('f', [1])", "TypeError"),
        ("array.array('q', [1])", "TypeError"),
        (
            "memoryview(array.array('d', [1, 2, 3]))[::2]",
            "BufferError",
        ),
        ("memoryview(b'012345678')[1:].cast('d')", "BufferError"),
    ] {
        let refused = buffer::<f64>(&runtime, text);
        match refused {
            Err(error) => assert_eq!(error.type_name(), class, "{text}: {error}"),
            // Only the last may be aligned by chance.
            Ok(buffer) => assert_eq!((text.contains("[1:]"), buffer.len()), (true, 1), "{text}"),
        }
    }
    let late: Buffer<u8> = buffer(&runtime, "b'late'").unwrap();
    runtime.finish();
    assert!(late.to_vec().is_err());
}
