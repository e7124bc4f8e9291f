#include "comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "../verdict.hpp"
#include "case.hpp"
#include "ours.hpp"

namespace error_forcing::benchmarks {

namespace {

constexpr Size sizes[] = {{128, 110}, {16, 110}, {1, 1000}};
template <typename Scalar>
constexpr bool is_float = sizeof(Scalar) == sizeof(float);
template <typename Scalar>
constexpr const char* scalar_name = is_float<Scalar> ? "float" : "double";
template <typename Scalar>
constexpr double tolerance = is_float<Scalar> ? 1e-4 : 1e-10;

struct Row {
  std::string peer, scalar;
  Size size;
  double ours, theirs, ratio;  // seconds of one gradient, and the median of theirs/ours
};
std::vector<Row> table;

// Of the processor, which is one thread's here: what a busy machine takes away does not count.
template <typename Work>
double seconds(const Work& work) {
  const auto start = std::clock();
  work();
  return double(std::clock() - start) / CLOCKS_PER_SEC;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// By turns, so that both meet the same clock rate and neighbours: 9 or more turns, 3 if slow.
template <typename Ours, typename Theirs>
Row alternate(const Ours& ours, const Theirs& theirs) {
  constexpr double enough = 1, patience = 6;
  std::vector<double> our_times, their_times, ratios;
  double spent = 0;
  while (ratios.size() < 3 || (ratios.size() < 9 && spent < patience) || spent < enough) {
    our_times.push_back(seconds(ours));
    their_times.push_back(seconds(theirs));
    ratios.push_back(their_times.back() / our_times.back());
    spent += our_times.back() + their_times.back();
  }
  return {{}, {}, {}, median(our_times), median(their_times), median(ratios)};
}

// Verified block by block, each relative to itself.
template <typename Scalar>
bool agrees(benchmark::State& state, const peers::Parameters<Scalar>& theirs,
            const Parameters<Scalar>& ours) {
  const auto got = gradient_of(theirs, ours);
  const auto left = blocks(got), right = blocks(ours);
  for (std::size_t k = 0; k < left.size(); ++k) {
    const double error = double((left[k] - right[k]).norm() / right[k].norm());
    const auto what = fmt::format("dL/d{}", block_names[k]);
    if (!verified(state, what, error, tolerance<Scalar>)) return false;
  }
  return true;
}

void report(benchmark::State& state, const Row& row) {
  const double ns_per_step = 1e9 / double(row.size.steps);
  state.counters["ours_ns_per_step"] = row.ours * ns_per_step;
  state.counters["peer_ns_per_step"] = row.theirs * ns_per_step;
  state.counters["peer_to_ours"] = row.ratio;
  table.push_back(row);
}

template <typename Scalar>
void compare(benchmark::State& state, const peers::Peer<Scalar>& peer, const Size& size) {
  const auto common = random_case<Scalar>(size);
  const auto problem = problem_of(common);
  const auto our_compute = our_gradient(common.network, common.batch, common.gain);
  const auto their_compute = peer.prepare(problem);
  auto ours = zero_like(common.network.parameters);
  auto theirs = peers::zero_gradient(problem);
  our_compute(ours);
  their_compute(theirs);
  if (!agrees(state, theirs, ours)) return;
  for (auto _ : state) {
    auto row = alternate([&] { our_compute(ours); }, [&] { their_compute(theirs); });
    row.peer = peer.name, row.scalar = scalar_name<Scalar>, row.size = size;
    state.SetIterationTime(row.theirs);
    report(state, row);
  }
}

template <typename Scalar>
void register_peers(const Size& size) {
  for (const auto& peer : peers::registered<Scalar>()) {
    const auto name =
        fmt::format("{}/{}/B:{}/T:{}", peer.name, scalar_name<Scalar>, size.trials, size.steps);
    benchmark::RegisterBenchmark(
        name.c_str(), [&peer, size](benchmark::State& state) { compare(state, peer, size); })
        ->Iterations(1)  // which is one comparison, of as many turns as it needs
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace

void register_comparisons() {
  for (const auto& size : sizes) {
    register_peers<float>(size);
    register_peers<double>(size);
  }
}

void print_table(std::FILE* file) {
  if (table.empty()) return;
  fmt::print(file, "\n{:<20} {:<7} {:>4} {:>5} {:>12} {:>12} {:>10}\n", "peer", "scalar", "B", "T",
             "us per step", "ours", "peer/ours");
  for (const auto& [peer, scalar, size, ours, theirs, ratio] : table) {
    const double us_per_step = 1e6 / double(size.steps);
    fmt::print(file, "{:<20} {:<7} {:>4} {:>5} {:>12.2f} {:>12.2f} {:>10.2f}\n", peer, scalar,
               size.trials, size.steps, theirs * us_per_step, ours * us_per_step, ratio);
  }
}

}  // namespace error_forcing::benchmarks
