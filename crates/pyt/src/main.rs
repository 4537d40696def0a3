fn main() { println!("pyt"); }
