//! The process's allocator, and where its memory is in huge pages.
//!
//! Huge pages save a starting interpreter two thousand page faults. But each thread has its own
//! part of the heap, and a part in huge pages takes at least one of them. So only the beginning of
//! the heap is in huge pages: as much as every interpreter uses. See docs/adr/0009.

/// Threads allocate all the time; this allocator scales with them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many bytes of the heap are in huge pages: as much as an idle interpreter takes.
#[cfg(target_os = "linux")]
const BEGINNING: usize = 12 << 20;

/// Asks for huge pages at the beginning of the heap. Called before much is allocated.
#[cfg(target_os = "linux")]
pub(crate) fn begin() {
    const HUGE_PAGE: usize = 2 << 20;

    // The allocator hands out its first arena, which is far larger, from the lowest address on.
    let early = Box::new(0_u64);
    let start = std::ptr::from_ref(&*early).addr() & !(HUGE_PAGE - 1);
    // SAFETY: advice does not change memory, whatever is mapped there. Where the system refuses it,
    // nothing is lost.
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
