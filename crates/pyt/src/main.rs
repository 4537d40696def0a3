fn main() {
    println!("pyt");
}
