#include "ours.hpp"

#include <error_forcing/error_forcing.hpp>
#include <error_forcing/fused_gradient.hpp>

namespace error_forcing::benchmarks {

template <typename Scalar>
std::function<void(Parameters<Scalar>&)> our_gradient(const Network<Scalar>& network,
                                                      const Batch<Scalar>& batch, Scalar gain) {
  const auto rule = feedback(ErrorForcing<Scalar>{gain}, network);
  const auto workspace =
      std::make_shared<FusedWorkspace<Scalar>>(make_fused_workspace(network, batch));
  return [&, rule, workspace](Parameters<Scalar>& gradient) {
    fused_gradient(network, batch, rule, Adjoint::held, no_penalties, *workspace, gradient);
  };
}

template std::function<void(Parameters<float>&)> our_gradient(const Network<float>&,
                                                              const Batch<float>&, float);
template std::function<void(Parameters<double>&)> our_gradient(const Network<double>&,
                                                               const Batch<double>&, double);

}  // namespace error_forcing::benchmarks
