#include <error_forcing/errors.hpp>
#include <error_forcing/optimiser.hpp>

namespace error_forcing {

std::string name_of(const OptimiserOptions& options) {
  return std::holds_alternative<AdamOptions>(options) ? "adam" : "sgd";
}

void validate(const OptimiserOptions& options) {
  std::visit([](const auto& chosen) { validate(chosen); }, options);
}

template <typename Scalar>
Optimiser<Scalar> make_optimiser(const OptimiserOptions& options,
                                 const Parameters<Scalar>& parameters) {
  if (std::holds_alternative<AdamOptions>(options)) return make_adam(parameters);
  return make_sgd(parameters);
}

template <typename Scalar>
long steps_of(const Optimiser<Scalar>& state) {
  return std::visit([](const auto& chosen) { return chosen.steps; }, state);
}

template <typename Scalar>
void descend(const OptimiserOptions& options, const Parameters<Scalar>& gradient,
             Optimiser<Scalar>& state, Parameters<Scalar>& parameters) {
  require(options.index() == state.index(),
          "optimiser: the state was made for another one than {}; make it with these options",
          name_of(options));
  if (const auto* adam = std::get_if<AdamOptions>(&options))
    descend(*adam, gradient, std::get<Adam<Scalar>>(state), parameters);
  else
    descend(std::get<SgdOptions>(options), gradient, std::get<Sgd<Scalar>>(state), parameters);
}

#define INSTANTIATE(Scalar)                                                                      \
  template Optimiser<Scalar> make_optimiser(const OptimiserOptions&, const Parameters<Scalar>&); \
  template long steps_of(const Optimiser<Scalar>&);                                              \
  template void descend(const OptimiserOptions&, const Parameters<Scalar>&, Optimiser<Scalar>&,  \
                        Parameters<Scalar>&);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace error_forcing
