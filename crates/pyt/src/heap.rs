//! The process's allocator, and where its memory is in huge pages.
//!
//! Huge pages save a starting interpreter two thousand page faults. But each thread begins its own
//! part of the heap, and one in huge pages takes a whole one to begin with: so only the beginning
//! of the heap is in huge pages, as much as every interpreter uses. See docs/adr/0009.

/// Threads allocate all the time; this allocator scales with them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How much of the heap is in huge pages, in bytes: what an interpreter takes that does nothing.
#[cfg(target_os = "linux")]
const BEGINNING: usize = 12 << 20;

/// Asks for huge pages at the beginning of the heap. To be called before much is allocated.
#[cfg(target_os = "linux")]
pub(crate) fn begin() {
    const HUGE_PAGE: usize = 2 << 20;

    // The allocator gives out its first arena, which is larger by far, from the lowest address.
    let early = Box::new(0_u64);
    let start = std::ptr::from_ref(&*early).addr() & !(HUGE_PAGE - 1);
    // SAFETY: it is advice, which changes nothing in memory, whatever is mapped there. Where the
    // system does not take it, nothing is lost.
    unsafe {
        libc::madvise(
            std::ptr::without_provenance_mut(start),
            BEGINNING,
            libc::MADV_HUGEPAGE,
        )
    };
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn begin() {}
