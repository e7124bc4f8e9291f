#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/network.hpp>
#include <error_forcing/random.hpp>

namespace error_forcing {

namespace {

template <typename Derived>
void require_shape(std::string_view name, const Eigen::MatrixBase<Derived>& block, Index rows,
                   Index cols) {
  require(block.rows() == rows && block.cols() == cols, "{}: want {} x {}, got {} x {}", name, rows,
          cols, block.rows(), block.cols());
}

}  // namespace

template <typename Scalar>
void validate(const Network<Scalar>& network) {
  const auto& p = network.parameters;
  const Index units = p.b.size(), inputs = p.U.cols(), outputs = p.d.size();
  require(units > 0, "b: the network has no units; b must hold one bias per unit");
  require(outputs > 0, "d: the network has no outputs; d must hold one bias per output");
  require_shape("W", p.W, units, units);
  require_shape("U", p.U, units, inputs);
  require_shape("C", p.C, outputs, units);
  const auto parts = blocks(p);
  for (std::size_t k = 0; k < parts.size(); ++k)
    require(parts[k].allFinite(), "{}: holds a NaN or an infinity; every weight must be finite",
            block_names[k]);
  require(network.leak > 0 && network.leak <= 1,
          "leak: want a value in (0, 1], got {}; leak = dt/tau, the step over the time constant",
          static_cast<double>(network.leak));
  require(network.initial_state.size() == 0 || network.initial_state.size() == units,
          "h0: want {} entries, one per unit, got {}", units, network.initial_state.size());
  require(network.initial_state.allFinite(),
          "h0: holds a NaN or an infinity; the initial state must be finite");
}

Network<double> random_network(const RandomNetwork& options, std::uint64_t seed) {
  const auto [units, inputs, outputs] = std::array{options.units, options.inputs, options.outputs};
  require(units > 0 && inputs >= 0 && outputs > 0,
          "random network: want units > 0, inputs >= 0, outputs > 0; got {}, {}, {}", units, inputs,
          outputs);
  require(options.recurrent_gain >= 0 && std::isfinite(options.recurrent_gain),
          "recurrent gain of W: want a finite value >= 0, got {}", options.recurrent_gain);
  const double n = static_cast<double>(units);
  auto engine = random_engine(seed);
  Network<double> network;
  network.parameters = zero_parameters<double>(units, inputs, outputs);
  network.parameters.W = normal_matrix(engine, units, units, options.recurrent_gain / std::sqrt(n));
  network.parameters.U = normal_matrix(engine, units, inputs);
  network.parameters.C = normal_matrix(engine, outputs, units, 1 / n);
  network.leak = options.leak;
  network.activation = options.activation;
  validate(network);
  return network;
}

#define INSTANTIATE(Scalar) template void validate(const Network<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
