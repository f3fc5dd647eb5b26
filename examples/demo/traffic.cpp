// SPDX-License-Identifier: BSL-1.0
#include "traffic.hpp"

namespace demo {

bool gate::pass() {
    std::unique_lock lock(mutex_);
    if (closed_ && !ended_) {
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return !closed_ || ended_; });
        --waiting_;
    }
    return !ended_;
}

void gate::close(std::size_t count) {
    std::unique_lock lock(mutex_);
    closed_ = true;
    changed_.wait(lock, [&] { return waiting_ >= count || ended_; });
}

void gate::open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
    changed_.notify_all();
}

void gate::end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
}

traffic::traffic(const ground& where, std::uint64_t seed, std::size_t writers, std::size_t readers)
    : where_(where), writers_(writers), once_(writers) {
    for (std::size_t i = 0; i < writers; ++i) {
        threads_.emplace_back([this, i, random = random_source(seed + i)] {
            run_writer(where_, writers_gate_, i, random, once_[i]);
        });
    }
    for (std::size_t i = 0; i < readers; ++i) {
        threads_.emplace_back([this, random = random_source(seed + writers + i)] {
            run_reader(where_, readers_gate_, random, once_);
        });
    }
}

traffic::~traffic() { stop(); }

void traffic::pause() { writers_gate_.close(writers_); }
void traffic::resume() { writers_gate_.open(); }

void traffic::stop() {
    writers_gate_.end();
    readers_gate_.end();
    for (auto& thread : threads_)
        thread.join();
    threads_.clear();
}

} // namespace demo
