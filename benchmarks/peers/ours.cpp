#include "ours.hpp"

#include <error_forcing/error_forcing.hpp>
#include <error_forcing/objective_gradient.hpp>
#include <error_forcing/rollout.hpp>

namespace error_forcing::benchmarks {

template <typename Scalar>
std::function<void(Parameters<Scalar>&)> our_gradient(const Network<Scalar>& network,
                                                      const Batch<Scalar>& batch, Scalar gain) {
  const auto rule = feedback(ErrorForcing<Scalar>{gain}, network);
  return [&, rule,
          trajectory = make_trajectory(network, batch)](Parameters<Scalar>& gradient) mutable {
    rollout_with_feedback(network, batch, rule, trajectory);
    objective_gradient_held(network, batch, no_penalties, trajectory, gradient);
  };
}

template std::function<void(Parameters<float>&)> our_gradient(const Network<float>&,
                                                              const Batch<float>&, float);
template std::function<void(Parameters<double>&)> our_gradient(const Network<double>&,
                                                               const Batch<double>&, double);

}  // namespace error_forcing::benchmarks
