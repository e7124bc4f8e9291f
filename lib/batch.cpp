#include <cmath>
#include <error_forcing/batch.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>

namespace error_forcing {

namespace {

template <typename Scalar>
void require_shape(std::string_view name, const History<Scalar>& history, Index rows,
                   const Layout& layout) {
  const Layout& got = history.layout();
  require(history.rows() == rows && got == layout,
          "{}: want {} trials x {} steps x {} values, got {} x {} x {}", name, layout.trials,
          layout.steps, rows, got.trials, got.steps, history.rows());
}

// How many of some zeros and ones are one: sums of few enough to be exact in every precision.
template <typename Scalar>
Index ones(const Scalar* values, Index size) {
  constexpr Index exact = 8192;
  Index count = 0;
  for (Index first = 0; first < size; first += exact) {
    const Index entries = std::min(exact, size - first);
    count += static_cast<Index>(ConstBlockView<Scalar>(values + first, entries).sum());
  }
  return count;
}

// Calls check(value, trial, step, row) on every entry.
template <typename Scalar, typename Check>
void for_each_entry(const History<Scalar>& history, Check check) {
  const Layout& layout = history.layout();
  for (Index trial = 0; trial < layout.trials; ++trial)
    for (Index step = 1; step <= layout.steps; ++step)
      for (Index row = 0; row < history.rows(); ++row)
        check(history(trial, step, row), trial, step, row);
}

}  // namespace

template <typename Scalar>
Index observed_entries(const Batch<Scalar>& batch) {
  Index count = 0;
  for (Index tile = 0; tile < batch.layout().tiles(); ++tile) {
    const auto mask = batch.mask.steps_of(tile);
    if (mask.cols() == mask.outerStride())  // without padding: in one go
      count += ones(mask.data(), mask.size());
    else
      for (Index row = 0; row < mask.rows(); ++row)
        count += ones(mask.row(row).data(), mask.cols());
  }
  return count;
}

template <typename Scalar>
void validate(const Batch<Scalar>& batch, const Network<Scalar>& network) {
  using std::isfinite;
  const Layout& layout = batch.layout();
  require(layout.trials > 0 && layout.steps > 0,
          "targets: want at least one trial and one step, got {} x {}", layout.trials,
          layout.steps);
  require_shape("inputs", batch.inputs, network.inputs(), layout);
  require_shape("targets", batch.targets, network.outputs(), layout);
  require_shape("mask", batch.mask, network.outputs(), layout);
  for_each_entry(batch.inputs, [](Scalar x, Index trial, Index step, Index row) {
    require(isfinite(x), "inputs: not finite at trial {}, step {}, channel {} (all from 0)", trial,
            step - 1, row);
  });
  for_each_entry(batch.mask, [&](Scalar m, Index trial, Index step, Index row) {
    require(m == Scalar(0) || m == Scalar(1),
            "mask: want 0 or 1, got {} at trial {}, step {}, output {} (all from 0)",
            static_cast<double>(m), trial, step - 1, row);
    require(m == Scalar(0) || isfinite(batch.targets(trial, step, row)),
            "targets: not finite at trial {}, step {}, output {} (all from 0), where the mask says "
            "it is observed; mask it out or give a number",
            trial, step - 1, row);
  });
  require(observed_entries(batch) > 0,
          "mask: all {} entries are 0, so no output is observed and the loss is undefined; set it "
          "to 1 where the target counts",
          layout.trials * layout.steps * network.outputs());
}

#define INSTANTIATE(Scalar)                              \
  template Index observed_entries(const Batch<Scalar>&); \
  template void validate(const Batch<Scalar>&, const Network<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
