#include "harness/engine/sim/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/engine/real/system.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace castaway::harness::sim {
namespace {

namespace context = boost::context::detail;

std::size_t page_bytes() {
    return static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

FiberStack::FiberStack() {
    const std::size_t page = page_bytes();
    void* mapped = mmap(nullptr, kBytes + 2 * page, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (mapped == MAP_FAILED) {
        throw_system_error("cannot map a fiber's stack", errno);
    }
    bottom_ = static_cast<unsigned char*>(mapped) + page;
    if (mprotect(bottom_, kBytes, PROT_READ | PROT_WRITE) != 0) {
        const int error = errno;
        munmap(mapped, kBytes + 2 * page);
        throw_system_error("cannot open a fiber's stack", error);
    }
}

FiberStack::~FiberStack() {
    forget_red_zones();
    const std::size_t page = page_bytes();
    munmap(bottom_ - page, kBytes + 2 * page);
}

void FiberStack::forget_red_zones() {
#if defined(__SANITIZE_ADDRESS__)
    __asan_unpoison_memory_region(bottom_, kBytes);
#endif
}

Fiber::Fiber() {
    stack_bottom_ = stack_.bottom();
    stack_bytes_ = FiberStack::kBytes;
}

void Fiber::begin(Entry entry, void* argument) {
    entry_ = entry;
    argument_ = argument;
    stack_.forget_red_zones();
    fake_stack_ = nullptr;
    context_ = context::make_fcontext(stack_.top(), FiberStack::kBytes, &Fiber::enter);
}

void Fiber::enter(context::transfer_t transfer) {
    auto* self = static_cast<Fiber*>(static_cast<const Handover*>(transfer.data)->to);
    arrive(transfer);
    self->entry_(self->argument_);
}

void Fiber::keep() {
    stack_.forget_red_zones();
    kept_context_ = context_;
    // The context is the stack pointer: everything that is alive lies above it.
    const auto* from = static_cast<const unsigned char*>(context_);
    kept_stack_.assign(from, static_cast<const unsigned char*>(stack_.top()));
}

void Fiber::revert() {
    context_ = kept_context_;
    stack_.forget_red_zones();
    std::memcpy(context_, kept_stack_.data(), kept_stack_.size());
}

}  // namespace castaway::harness::sim
