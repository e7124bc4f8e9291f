// The project's first engine, rollout_with_feedback() and objective_gradient_held(): plain Eigen,
// one step at a time. The engine as shipped must run on every x86-64; here it is compiled for this
// machine's instructions, as whoever uses Eigen would.

#include <error_forcing/objective_gradient.hpp>
#include <error_forcing/rollout.hpp>

#include "peer.hpp"

namespace {

namespace engine = error_forcing;
using engine::Index;

template <typename Scalar>
engine::Matrix<Scalar> matrix(const std::vector<Scalar>& values, Index rows, Index columns) {
  return Eigen::Map<const engine::Matrix<Scalar>>(values.data(), rows, columns);
}

template <typename Scalar>
engine::Network<Scalar> network_of(const peers::Problem<Scalar>& p) {
  const auto& [W, U, b, C, d] = p.weights;
  return {{matrix(W, p.units, p.units), matrix(U, p.units, p.inputs), matrix(b, p.units, 1),
           matrix(C, p.outputs, p.units), matrix(d, p.outputs, 1)},
          p.leak};
}

template <typename Scalar>
engine::Batch<Scalar> batch_of(const peers::Problem<Scalar>& p) {
  const auto layout = engine::tiled(p.trials, p.steps);
  engine::Batch<Scalar> batch{engine::from_row_major<Scalar>(layout, p.inputs, p.x.data()),
                              engine::from_row_major<Scalar>(layout, p.outputs, p.y.data()),
                              engine::History<Scalar>(layout, p.outputs)};
  batch.mask.fill(1);
  return batch;
}

template <typename Scalar>
void copy(const engine::Parameters<Scalar>& from, peers::Parameters<Scalar>& to) {
  std::vector<Scalar>* arrays[] = {&to.W, &to.U, &to.b, &to.C, &to.d};
  const auto blocks = engine::blocks(from);
  for (std::size_t k = 0; k < blocks.size(); ++k)
    arrays[k]->assign(blocks[k].data(), blocks[k].data() + blocks[k].size());
}

template <typename Scalar>
peers::Gradient<Scalar> prepare(const peers::Problem<Scalar>& problem) {
  const auto network = network_of(problem);
  const auto batch = batch_of(problem);
  const engine::Feedback<Scalar> forcing{matrix(problem.K, problem.units, problem.outputs)};
  return
      [=, trajectory = engine::make_trajectory(network, batch),
       own = engine::zero_like(network.parameters)](peers::Parameters<Scalar>& gradient) mutable {
        engine::rollout_with_feedback(network, batch, forcing, trajectory);
        engine::objective_gradient_held(network, batch, engine::no_penalties, trajectory, own);
        copy(own, gradient);
      };
}

[[maybe_unused]] const bool added =
    peers::add<float>("Eigen", prepare<float>) && peers::add<double>("Eigen", prepare<double>);

}  // namespace
