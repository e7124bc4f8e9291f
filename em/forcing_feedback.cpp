#include <cmath>
#include <error_forcing/errors.hpp>
#include <error_forcing/forcing_feedback.hpp>
#include <error_forcing/instantiate.hpp>
#include <error_forcing/random.hpp>
#include <error_forcing/readout_gain.hpp>
#include <limits>

namespace error_forcing {

namespace {

// N x P entries of N(0, 1/N). No network, no trial and no learning signal draws from this stream.
template <typename Scalar>
Matrix<Scalar> random_direction(const Matrix<Scalar>& C, std::uint64_t seed) {
  auto engine = random_engine(seed, std::numeric_limits<std::uint64_t>::max() - 1);
  const double scale = 1 / std::sqrt(static_cast<double>(C.cols()));
  return normal_matrix(engine, C.cols(), C.rows(), scale).template cast<Scalar>();
}

// A quarter turn is exact: its cosine is the sine of 0.
double cosine(double degrees) { return std::sin((90 - degrees) * std::acos(-1.0) / 180); }

template <typename Scalar>
Matrix<Scalar> misaligned(const ForcingFeedback& feedback, const Matrix<Scalar>& C, Scalar ridge) {
  const auto plain = pseudoinverse(C);
  require(plain.rank < C.cols(),
          "forcing feedback: {} units and a readout of rank {} leave no direction to turn C+ into; "
          "want more units than outputs",
          C.cols(), plain.rank);
  const Matrix<Scalar> aligned = pseudoinverse(C, ridge).inverse;
  Matrix<Scalar> turned = random_direction(C, feedback.seed);
  turned -= Matrix<Scalar>(plain.inverse * (C * turned));  // into the kernel
  for (Index k = 0; k < turned.cols(); ++k)
    turned.col(k) *= aligned.col(k).norm() / turned.col(k).norm();
  return Scalar(cosine(feedback.angle)) * aligned + Scalar(cosine(90 - feedback.angle)) * turned;
}

}  // namespace

template <typename Scalar>
Matrix<Scalar> forcing_matrix(const ForcingFeedback& feedback, const Matrix<Scalar>& C,
                              Scalar ridge) {
  const bool inverts = feedback.direction == ForcingDirection::pseudoinverse ||
                       feedback.direction == ForcingDirection::misaligned;
  require(inverts || ridge == Scalar(0),
          "ridge: is of C+, which this forcing feedback does not have; leave it out");
  require(feedback.angle >= 0 && feedback.angle <= 180,
          "forcing feedback: want an angle in [0, 180] degrees, got {}", feedback.angle);
  switch (feedback.direction) {
    case ForcingDirection::transpose: return C.transpose();
    case ForcingDirection::random: return random_direction(C, feedback.seed);
    case ForcingDirection::misaligned: return misaligned(feedback, C, ridge);
    default: return pseudoinverse(C, ridge).inverse;
  }
}

template <typename Scalar>
Matrix<Scalar> forcing_pullback(const ForcingFeedback& feedback, const Matrix<Scalar>& C,
                                Scalar gain, Scalar ridge, const Matrix<Scalar>& dL_dK) {
  switch (feedback.direction) {
    case ForcingDirection::transpose: return gain * dL_dK.transpose();
    case ForcingDirection::random: return Matrix<Scalar>::Zero(C.rows(), C.cols());
    case ForcingDirection::misaligned:
      throw InvalidInput("routing: displacements by misaligned feedback are held fixed; use held");
    default: return readout_gain_pullback(C, gain, ridge, dL_dK);
  }
}

#define INSTANTIATE(Scalar)                                                                       \
  template Matrix<Scalar> forcing_matrix(const ForcingFeedback&, const Matrix<Scalar>&, Scalar);  \
  template Matrix<Scalar> forcing_pullback(const ForcingFeedback&, const Matrix<Scalar>&, Scalar, \
                                           Scalar, const Matrix<Scalar>&);
ERROR_FORCING_FOR_EACH_SCALAR(INSTANTIATE)

}  // namespace error_forcing
