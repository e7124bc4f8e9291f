#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/fused_gradient.hpp>
#include <error_forcing/objective_gradient.hpp>

#include "fused_gradient/memory.hpp"
#include "kernels/flush_denormals.hpp"

namespace error_forcing {

namespace {

// Two vectors a row share every broadcast weight; one wastes less where the trials of a thread
// would leave the second half empty; a few trials are faster one by one.
kernels::Shape best_shape(Index trials, Index vector_lanes, int threads) {
  if (3 * trials <= vector_lanes) return kernels::Shape::trial;
  const Index vectors = (trials + vector_lanes - 1) / vector_lanes;
  const Index share = (vectors + threads - 1) / threads;
  return share % 2 == 1 && share < 10 ? kernels::Shape::narrow : kernels::Shape::wide;
}

template <typename Scalar>
void require_fit(const Network<Scalar>& network, const Batch<Scalar>& batch,
                 const kernels::Weights<Scalar>& shape, const Layout& layout) {
  const auto units = static_cast<Index>(shape.units), inputs = static_cast<Index>(shape.inputs),
             outputs = static_cast<Index>(shape.outputs);
  require(network.units() == units && network.inputs() == inputs && network.outputs() == outputs,
          "network: the workspace was made for N = {}, I = {}, P = {}, the network has {}, {}, {}",
          units, inputs, outputs, network.units(), network.inputs(), network.outputs());
  for (const auto* history : {&batch.inputs, &batch.targets, &batch.mask})
    require(history->layout() == layout,
            "batch: the workspace was made for {} trials x {} steps, the batch has {} x {}",
            layout.trials, layout.steps, history->layout().trials, history->layout().steps);
  require(batch.inputs.rows() == inputs && batch.targets.rows() == outputs &&
              batch.mask.rows() == outputs,
          "batch: want {} inputs and {} outputs, as the network has; got {} inputs, {} targets and "
          "{} masks",
          inputs, outputs, batch.inputs.rows(), batch.targets.rows(), batch.mask.rows());
}

// The tiles that fall to thread k, one after the other in its memory.
template <typename Scalar>
void run_thread(const Network<Scalar>& network, const Batch<Scalar>& batch, std::size_t k,
                typename FusedWorkspace<Scalar>::Memory& memory) {
  const kernels::FlushDenormals flush;
  auto& tile = memory.threads[k];
  const auto thread = static_cast<Index>(k), threads = static_cast<Index>(memory.threads.size());
  const Index first = memory.tiles() * thread / threads;
  const Index last = memory.tiles() * (thread + 1) / threads;
  kernels::keep_states(memory.weights.activity_weight > 0, tile);
  kernels::clear_sums(tile);
  for (Index t = first; t < last; ++t) {
    kernels::stage(network, batch, t * memory.lanes(), tile);
    memory.kernels.run(memory.weights, memory.shape, tile);
  }
}

// One rollout of the batch, and back if the weights say so; the sums are those of the tile that is
// returned.
template <typename Scalar>
kernels::Tile<Scalar>& run(const Network<Scalar>& network, const Batch<Scalar>& batch,
                           const Feedback<Scalar>& feedback,
                           typename FusedWorkspace<Scalar>::Memory& memory) {
  require_readable_targets(feedback, batch);
  kernels::load_weights(network, feedback, memory.kernels, memory.shape, memory.weights);
  const std::size_t threads = memory.threads.size();
  auto& first = memory.threads.front();
  if (threads == 1) {  // a team would allocate
    run_thread(network, batch, 0, memory);
    return first;
  }
  const auto team = static_cast<int>(threads);
#pragma omp parallel for num_threads(team) schedule(static, 1)
  for (std::size_t k = 0; k < threads; ++k) run_thread(network, batch, k, memory);
  for (std::size_t k = 1; k < threads; ++k) kernels::add_sums(memory.threads[k], first);
  return first;
}

// There and back; the weights know how credit goes back. What is not finite is repeated on the
// plain path, which says where it began; where that path stays finite, its result is the result.
template <typename Scalar, typename PlainGradient>
Objective<Scalar> run_there_and_back(const Network<Scalar>& network, const Batch<Scalar>& batch,
                                     const Feedback<Scalar>& feedback, const Penalties& penalties,
                                     typename FusedWorkspace<Scalar>::Memory& memory,
                                     Parameters<Scalar>& gradient, PlainGradient plain_gradient) {
  const Layout& layout = memory.layout;
  const auto observed = static_cast<Scalar>(observed_entries(batch));
  const auto entries = static_cast<Scalar>(layout.trials * layout.steps * network.units());
  memory.weights.error_weight = Scalar(-2) / observed;
  memory.weights.activity_weight = Scalar(2 * penalties.activity) / entries;
  memory.weights.backward = true;
  auto& tile = run(network, batch, feedback, memory);

  const auto sums = kernels::sums_of(tile);
  kernels::read_gradient(memory.kernels, memory.shape, network, tile, gradient);
  if (!sums.finite()) {
    auto trajectory = make_trajectory(network, batch);
    rollout_with_feedback(network, batch, feedback, trajectory);
    plain_gradient(trajectory);
    return objective(network, batch, trajectory, penalties);
  }
  Objective<Scalar> result{sums.squared_errors / observed,
                           Scalar(penalties.activity) * sums.squared_states / entries, Scalar(0)};
  if (penalties.readout > 0) {
    result.readout = Scalar(penalties.readout) * readout_penalty(network.parameters.C);
    add_readout_penalty_gradient(network.parameters.C, Scalar(penalties.readout), gradient.C);
  }
  return result;
}

}  // namespace

template <typename Scalar>
FusedWorkspace<Scalar>::FusedWorkspace(const Layout& layout, Index units, Index inputs,
                                       Index outputs, int threads)
    : memory_(std::make_unique<Memory>()) {
  require(threads >= 1, "threads: want at least 1, got {}", threads);
  auto& m = *memory_;
  m.layout = layout;
  m.kernels = kernels::best_kernels<Scalar>();
  m.shape = best_shape(layout.trials, static_cast<Index>(m.kernels.vector_lanes), threads);
  m.weights = kernels::make_weights(m.kernels, m.shape, units, inputs, outputs);
  for (int k = 0; k < threads; ++k)
    m.threads.push_back(
        kernels::make_tile(m.kernels, m.shape, static_cast<std::size_t>(layout.steps), m.weights));
}

template <typename Scalar>
FusedWorkspace<Scalar>::FusedWorkspace(FusedWorkspace&&) noexcept = default;
template <typename Scalar>
FusedWorkspace<Scalar>& FusedWorkspace<Scalar>::operator=(FusedWorkspace&&) noexcept = default;
template <typename Scalar>
FusedWorkspace<Scalar>::~FusedWorkspace() = default;

template <typename Scalar>
Objective<Scalar> fused_gradient(const Network<Scalar>& network, const Batch<Scalar>& batch,
                                 const Feedback<Scalar>& feedback, Adjoint adjoint,
                                 const Penalties& penalties, FusedWorkspace<Scalar>& workspace,
                                 Parameters<Scalar>& gradient) {
  auto& memory = workspace.memory();
  require_fit(network, batch, memory.weights, memory.layout);
  const bool damped = adjoint == Adjoint::damped;
  kernels::load_credit(network, memory.weights);
  memory.weights.damping = damped ? feedback.pull : Scalar(0);
  const auto plain = [&](Trajectory<Scalar>& trajectory) {
    if (damped)
      objective_gradient_damped(network, batch, feedback, penalties, trajectory, gradient);
    else
      objective_gradient_held(network, batch, penalties, trajectory, gradient);
  };
  return run_there_and_back(network, batch, feedback, penalties, memory, gradient, plain);
}

template <typename Scalar>
Objective<Scalar> fused_truncated_gradient(KeptJacobian kept, const Network<Scalar>& network,
                                           const Batch<Scalar>& batch,
                                           const Feedback<Scalar>& feedback,
                                           const Matrix<Scalar>& B, const Penalties& penalties,
                                           FusedWorkspace<Scalar>& workspace,
                                           Parameters<Scalar>& gradient) {
  auto& memory = workspace.memory();
  require_fit(network, batch, memory.weights, memory.layout);
  require_feedback_fits(network, B);
  kernels::load_credit(network, kept, B, memory.weights);
  memory.weights.damping = Scalar(0);
  const auto plain = [&](Trajectory<Scalar>& trajectory) {
    truncated_gradient(kept, network, batch, penalties, B, trajectory, gradient);
  };
  return run_there_and_back(network, batch, feedback, penalties, memory, gradient, plain);
}

template <typename Scalar>
Scalar fused_loss(const Network<Scalar>& network, const Batch<Scalar>& batch,
                  const Feedback<Scalar>& feedback, FusedWorkspace<Scalar>& workspace) {
  auto& memory = workspace.memory();
  require_fit(network, batch, memory.weights, memory.layout);
  memory.weights.activity_weight = Scalar(0);
  memory.weights.backward = false;
  const auto sums = kernels::sums_of(run(network, batch, feedback, memory));
  if (!sums.finite()) {
    auto trajectory = make_trajectory(network, batch);
    rollout_with_feedback(network, batch, feedback, trajectory);
    return objective(network, batch, trajectory, no_penalties).loss;
  }
  return sums.squared_errors / static_cast<Scalar>(observed_entries(batch));
}

#define INSTANTIATE(Scalar)                                                                     \
  template class FusedWorkspace<Scalar>;                                                        \
  template Objective<Scalar> fused_gradient(const Network<Scalar>&, const Batch<Scalar>&,       \
                                            const Feedback<Scalar>&, Adjoint, const Penalties&, \
                                            FusedWorkspace<Scalar>&, Parameters<Scalar>&);      \
  template Objective<Scalar> fused_truncated_gradient(                                          \
      KeptJacobian, const Network<Scalar>&, const Batch<Scalar>&, const Feedback<Scalar>&,      \
      const Matrix<Scalar>&, const Penalties&, FusedWorkspace<Scalar>&, Parameters<Scalar>&);   \
  template Scalar fused_loss(const Network<Scalar>&, const Batch<Scalar>&,                      \
                             const Feedback<Scalar>&, FusedWorkspace<Scalar>&);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace error_forcing
