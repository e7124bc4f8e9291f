#pragma once
// Where the claims about posteriors are measured: small generative models with data of their own.

#include <error_forcing/generative_model.hpp>
#include <string>
#include <vector>

#include "definition.hpp"

namespace error_forcing::certification {

template <typename Scalar>
struct ModelPoint {
  std::string name;
  GenerativeModel<Scalar> model;
  Batch<Scalar> batch;
};

/// phi = identity: whole steps, partial masks with a diagonal R, few observed steps. Full Q.
template <typename Scalar>
std::vector<ModelPoint<Scalar>> linear_models(std::uint64_t seed);

/// tanh and softplus: whole steps, partial masks with a full R, few observed steps. Full Q.
template <typename Scalar>
std::vector<ModelPoint<Scalar>> nonlinear_models(std::uint64_t seed);

/// phi = identity, one unit, enough data that EM has an isolated fixed point in W, U, b.
template <typename Scalar>
ModelPoint<Scalar> one_unit_model(std::uint64_t seed);

/// Measures a claim at every one: visit(point, what was found so far).
template <typename Scalar, typename Visit>
Measurement at_every_model(const std::vector<ModelPoint<Scalar>>& models, Visit visit) {
  Measurement found;
  for (const auto& point : models) visit(point, found);
  return found;
}

/// Calls visit(trial) for every trial of a point.
template <typename Scalar, typename Visit>
void for_each_trial(const ModelPoint<Scalar>& point, Visit visit) {
  for (Index k = 0; k < point.batch.layout().trials; ++k) visit(trial_of(point.batch, k));
}

}  // namespace error_forcing::certification
