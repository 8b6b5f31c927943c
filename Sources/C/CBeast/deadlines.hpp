// When each connection has waited long enough.
//
// All connections in one phase have the same time limit, so each phase is a queue in order of its deadlines: moving a
// connection costs the same however many there are, and one timer, set to the earliest of the queue fronts, is enough.
#pragma once
#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <list>

// none: a handler works, or a stream has nothing to say.
enum class Phase { none, handshake, head, body, idle, write, linger, farewell };

using Clock = std::chrono::steady_clock;

// A few milliseconds behind at most, for a fifth of the price of the exact clock.
inline Clock::time_point roughly_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return Clock::time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

template <class Connection>
class Deadlines {
  static constexpr size_t phases = 8;

 public:
  struct Entry {
    Connection *connection;
    Phase phase;
    Clock::time_point deadline;
  };
  using Place = typename std::list<Entry>::iterator;

  void limit(Phase phase, uint32_t milliseconds) { limits_[index(phase)] = std::chrono::milliseconds(milliseconds); }

  Place add(Connection *connection) {
    auto &queue = queues_[index(Phase::none)];
    return queue.insert(queue.end(), Entry{connection, Phase::none, Clock::time_point::max()});
  }

  void remove(Place place) { queues_[index(place->phase)].erase(place); }

  // Starts the time of a phase afresh.
  Clock::time_point enter(Place place, Phase phase) {
    auto &target = queues_[index(phase)];
    target.splice(target.end(), queues_[index(place->phase)], place);
    place->phase = phase;
    place->deadline = phase == Phase::none ? Clock::time_point::max() : roughly_now() + limits_[index(phase)];
    return place->deadline;
  }

  // One connection whose time is over, or null. The caller moves it on before asking again.
  Connection *overdue(Clock::time_point now) {
    for (size_t phase = 1; phase < phases; phase++) {
      auto &queue = queues_[phase];
      if (!queue.empty() && queue.front().deadline <= now) return queue.front().connection;
    }
    return nullptr;
  }

  Clock::time_point earliest() const {
    auto earliest = Clock::time_point::max();
    for (size_t phase = 1; phase < phases; phase++)
      if (!queues_[phase].empty()) earliest = std::min(earliest, queues_[phase].front().deadline);
    return earliest;
  }

  template <class Body>
  void for_each(Body body) {
    for (auto &queue : queues_)
      for (auto &entry : queue) body(entry.connection);
  }

 private:
  static size_t index(Phase phase) { return static_cast<size_t>(phase); }
  std::array<std::list<Entry>, phases> queues_;
  std::array<std::chrono::milliseconds, phases> limits_{};
};
