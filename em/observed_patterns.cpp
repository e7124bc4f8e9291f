#include <error_forcing/errors.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/observed_patterns.hpp>

namespace error_forcing {

namespace {

// One bit for every observed output.
template <typename Scalar>
std::uint64_t pattern_of(const ConstPanel<Scalar>& mask, Index lane) {
  std::uint64_t bits = 0;
  for (Index k = 0; k < mask.rows(); ++k)
    if (mask(k, lane) > Scalar(0)) bits |= std::uint64_t{1} << k;
  return bits;
}

ObservedOutputs outputs_in(std::uint64_t pattern, Index outputs) {
  ObservedOutputs observed;
  for (Index k = 0; k < outputs; ++k)
    if (pattern >> k & 1) observed.push_back(k);
  return observed;
}

}  // namespace

template <typename Scalar>
ObservedPatterns<Scalar>::ObservedPatterns(
    const History<Scalar>& mask,
    const std::function<Matrix<Scalar>(const ObservedOutputs&)>& matrix_of) {
  require(mask.rows() <= 64, "mask: {} outputs, at most 64 are supported here", mask.rows());
  for (Index tile = 0; tile < mask.layout().tiles(); ++tile)
    for (Index step = 1; step <= mask.layout().steps; ++step) {
      const auto m = mask.at(tile, step);
      for (Index lane = 0; lane < m.cols(); ++lane) {
        const auto pattern = pattern_of<Scalar>(m, lane);
        if (pattern != 0 && !matrices_.contains(pattern))
          matrices_.emplace(pattern, matrix_of(outputs_in(pattern, mask.rows())));
      }
    }
}

template <typename Scalar>
void ObservedPatterns<Scalar>::multiply(const ConstPanel<Scalar>& mask,
                                        const ConstMatrixRef<Scalar>& signal,
                                        MatrixRef<Scalar> result) const {
  for (Index lane = 0; lane < mask.cols(); ++lane) {
    const auto found = matrices_.find(pattern_of<Scalar>(mask, lane));
    if (found == matrices_.end())
      result.col(lane).setZero();
    else
      result.col(lane).noalias() = found->second.lazyProduct(signal.col(lane));
  }
}

#define INSTANTIATE(Scalar) template class ObservedPatterns<Scalar>;
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
