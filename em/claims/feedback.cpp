// Claims about forcing along any direction.

#include <error_forcing/cholesky.hpp>
#include <error_forcing/e_step.hpp>
#include <error_forcing/forcing_stability.hpp>
#include <error_forcing/generative_model.hpp>
#include <error_forcing/thin_svd.hpp>

#include "definition.hpp"
#include "points.hpp"

namespace error_forcing::certification {

namespace {

constexpr ForcingFeedback aligned{}, transposed{ForcingDirection::transpose},
    drawn{ForcingDirection::random, 45, 3}, turned{ForcingDirection::misaligned, 60, 3},
    at_right_angle{ForcingDirection::misaligned, 90, 3};
constexpr double gain = 0.6;

template <typename Scalar>
void force(const ForcingFeedback& forcing, const Network<Scalar>& network,
           const Batch<Scalar>& batch, Trajectory<Scalar>& trajectory) {
  infer<Scalar>(ErrorForcing<Scalar>{.gain = Scalar(gain), .forcing = forcing}, network, batch,
                trajectory);
}

// Every trial of a point is in its one tile.
template <typename Scalar>
Matrix<Scalar> at_step(const History<Scalar>& history, Index step) {
  return history.at(0, step);
}

template <typename Scalar>
Matrix<Scalar> masked_error(const Batch<Scalar>& batch, const Trajectory<Scalar>& trajectory,
                            Index step) {
  const Matrix<Scalar> mask = at_step(batch.mask, step);
  const Matrix<Scalar> missing = at_step(batch.targets, step) - at_step(trajectory.outputs, step);
  return (mask.array() != Scalar(0)).select(missing, Scalar(0) * mask);
}

template <typename Scalar>
Matrix<Scalar> read_out(const Network<Scalar>& network, const Matrix<Scalar>& states) {
  return (network.parameters.C * states).colwise() + network.parameters.d;
}

// C+ e by the normal equations, C' e from the left; C+ at a right angle moves what no output sees.
template <typename Scalar>
Measurement moves_along_its_direction(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, batch, noise] = point;
    const Matrix<Scalar> C = network.parameters.C, CC = C * C.transpose();
    const Index steps = batch.layout().steps;
    const auto displacements = [&](Index step) -> Matrix<Scalar> {
      return at_step(trajectory.displacements, step) / Scalar(gain);
    };
    force(aligned, network, batch, trajectory);
    for (Index step = 1; step <= steps; ++step) {
      const auto e = masked_error(batch, trajectory, step);
      found.include(distance(displacements(step), C.transpose() * cholesky(CC).solve(e)), name);
    }
    force(transposed, network, batch, trajectory);
    for (Index step = 1; step <= steps; ++step) {
      const auto e = masked_error(batch, trajectory, step);
      found.include(distance(displacements(step), (e.transpose() * C).transpose()), name);
    }
    force(at_right_angle, network, batch, trajectory);
    for (Index step = 1; step <= steps; ++step)
      found.include(distance(read_out(network, at_step(trajectory.states, step)),
                             at_step(trajectory.outputs, step)),
                    name);
  });
}

// A free run from another initial state, and the batch that has its outputs for targets.
template <typename Scalar>
struct Teacher {
  Trajectory<Scalar> trajectory;
  Batch<Scalar> batch;
  Vector<Scalar> behind;  ///< h_0 - h*_0
};

template <typename Scalar>
Teacher<Scalar> teacher_of(Network<Scalar> network, Batch<Scalar> batch) {
  const Vector<Scalar> behind = -Vector<Scalar>::LinSpaced(network.units(), Scalar(0.5), Scalar(1));
  network.initial_state = initial_state(network) - behind;
  auto trajectory = make_trajectory(network, batch);
  infer<Scalar>(FreeRunning{}, network, batch, trajectory);
  batch.targets = trajectory.outputs;
  batch.mask.fill(Scalar(1));
  return {std::move(trajectory), std::move(batch), behind};
}

// As outputs, since of the error itself rounding may be all that is left.
template <typename Scalar>
Measurement leaves_of_the_error(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    const auto& [name, network, masked, noise] = point;
    const auto batch = teacher_of(network, masked).batch;
    const auto& C = network.parameters.C;
    for (const auto& forcing : {aligned, transposed, drawn, turned}) {
      force(forcing, network, batch, trajectory);
      const Matrix<Scalar> cCD = Scalar(gain) * (C * forcing_matrix(forcing, C));
      for (Index step = 1; step <= batch.layout().steps; ++step) {
        const Matrix<Scalar> e = masked_error(batch, trajectory, step);
        const Matrix<Scalar> left = e - cCD * e;
        found.include(distance(read_out(network, at_step(trajectory.states, step)),
                               at_step(batch.targets, step) - left),
                      name);
      }
    }
  });
}

// u_t = h_{t-1}, y_t = C h_t, from h_0 = 0.
Network<double> at_rest(const Matrix<double>& C) {
  auto parameters = zero_parameters<double>(C.cols(), 0, C.rows());
  parameters.W.setIdentity();
  parameters.C = C;
  return {std::move(parameters), 0.5, Activation::identity, {}};
}

// One trial with the same target at every step.
Batch<double> constant_target(const Vector<double>& target, Index steps) {
  auto batch = zero_batch<double>(tiled(1, steps), 0, target.size());
  batch.mask.fill(1);
  for (Index step = 1; step <= steps; ++step) batch.targets.at(0, step) = target;
  return batch;
}

// There the error along C's first left singular vector turns its sign at every step.
Measurement turns_the_error_at_the_bound(std::uint64_t seed) {
  Measurement found;
  for (const auto& point : points<double>(seed)) {
    const auto& C = point.network.parameters.C;
    const auto network = at_rest(C);
    const Vector<double> error = thin_svd(C).left.col(0);
    const auto batch = constant_target(error, 20);
    auto trajectory = make_trajectory(network, batch);
    for (const auto& forcing : {aligned, transposed, turned}) {
      const auto D = forcing_matrix(forcing, C);
      const Matrix<double> K = forcing_stability(C, D, 0).gain_bound * D;
      rollout_with_feedback(network, batch, Feedback<double>{.gain = K}, trajectory);
      for (Index step = 1; step <= 20; ++step)
        found.include(distance(at_step(trajectory.errors, step), error * (step % 2 == 1 ? 1 : -1)),
                      point.name);
    }
  }
  return found;
}

template <typename Scalar>
Measurement deviations_follow_the_forced_jacobian(std::uint64_t seed) {
  return at_every_point<Scalar>(seed, [](const auto& point, auto& trajectory, auto& found) {
    auto network = point.network;
    network.activation = Activation::identity;
    const auto [wanted, batch, behind] = teacher_of(network, point.batch);
    const auto& C = network.parameters.C;
    for (const auto& forcing : {aligned, transposed, drawn, turned}) {
      force(forcing, network, batch, trajectory);
      const Matrix<Scalar> K = Scalar(gain) * forcing_matrix(forcing, C);
      Matrix<Scalar> deviation = behind.replicate(1, batch.layout().trials);
      for (Index step = 1; step <= batch.layout().steps; ++step) {
        const Matrix<Scalar> moved = (1 - network.leak) * deviation +
                                     network.leak * (network.parameters.W * deviation);  // J delta
        deviation = moved - K * (C * moved);
        found.include(
            distance(at_step(trajectory.states, step), at_step(wanted.states, step) + deviation),
            point.name);
      }
    }
  });
}

}  // namespace

std::vector<Definition> feedback_claims() {
  return {
      {{"F1",
        "forcing along D moves by c D e: C+, C', and C+ at a right angle, which no output sees",
        "forced rollout | Cholesky of C C', products with C, readout"},
       rounding,
       IN_DOUBLE_AND_QUAD(moves_along_its_direction)},
      {{"F2", "of the error forcing along D leaves (I - c C D) e_t",
        "readout of the forced state | from e_t"},
       rounding,
       IN_DOUBLE_AND_QUAD(leaves_of_the_error)},
      {{"F2-bound",
        "at the bound of the gain the error of a network at rest turns its sign for ever",
        "eigenvalues of C D | forced rollout"},
       {rounding.in_double, rounding.in_double},  // eigenvalues are of double
       &turns_the_error_at_the_bound,
       &turns_the_error_at_the_bound},
      {{"F3", "phi = identity: deviations from a trajectory follow (I - c D C) J",
        "difference of two rollouts | powers of the matrix"},
       rounding,
       IN_DOUBLE_AND_QUAD(deviations_follow_the_forced_jacobian)},
  };
}

}  // namespace error_forcing::certification
