// Rollout and back-propagation by hand in libtorch, no automatic differentiation and no allocation
// in time, arranged for many trials: a state is units x trials, [phi; x; 1] one operand, so that a
// step is one product with [W U b], and the weights' gradients are summed while the step is in
// cache. Measured against stacking the steps for one large product at the end: that is faster for a
// few trials only, see libtorch_stacked.cpp.
//
// The logistic function costs libtorch a quarter of what tanh does, and phi = tanh(h) = 2 s - 1
// with s = logistic(2 h). So it rolls out the doubled state g = 2 h, v = 2 u:
//
//   v_t = (1-a) g_{t-1} + A [s; x; 1],  A = 2 a [2W, U, b - W 1]
//   g_t = v_t + 2 K e_t,  e_t = (y*_t - d) - C v_t / 2
//   phi' = 4 (s - s^2),   dL/dW = 2 a sum lambda s' - dL/db 1'

#include <c10/core/InferenceMode.h>

#include "libtorch.hpp"

namespace {

using at::Tensor;

class ByHand {
 public:
  explicit ByHand(const libtorch::Tensors& problem, double leak)
      : p_(problem), a_(leak), N_(p_.W.size(0)), I_(p_.U.size(1)) {
    const long T = p_.x.size(0), B = p_.x.size(1), P = p_.C.size(0), columns = N_ + I_ + 1;
    const auto zeros = [&](at::IntArrayRef shape) { return at::zeros(shape, p_.W.options()); };
    for (Tensor* tensor : {&g_, &v_, &lambda_, &back_, &slope_}) *tensor = zeros({N_, B});
    for (Tensor* tensor : {&A_, &dA_}) *tensor = zeros({N_, columns});
    dC_ = zeros({P, N_});
    targets_ = p_.target.transpose(1, 2).contiguous();
    errors_ = at::empty_like(targets_);
    weight_ = -2.0 / double(T * B * P);
    allocate_features(zeros({T, columns, B}));
  }

  std::vector<Tensor> operator()() {
    combine_weights();
    roll_out();
    back_propagate();
    const auto db = dA_.select(1, N_ + I_).mul(a_);
    const auto dW = dA_.narrow(1, 0, N_).mul(2 * a_).sub_(db.unsqueeze(1));
    return {dW, dA_.narrow(1, N_, I_).mul(a_), db, dC_ * (weight_ / 2),
            errors_.sum(at::IntArrayRef({0, 2})).mul_(weight_)};
  }

 private:
  // [s; x; 1] of every step, and the views into it, so that no step makes any.
  void allocate_features(const Tensor& features) {
    features.narrow(1, N_, I_).copy_(p_.x.transpose(1, 2));
    features.select(1, N_ + I_).fill_(1);
    features_ = features.unbind();
    s_ = features.narrow(1, 0, N_).unbind();
    e_ = errors_.unbind();
    for (const auto& f : features_) features_transposed_.push_back(f.t());
  }

  void combine_weights() {
    A_.narrow(1, 0, N_).copy_(p_.W).mul_(4 * a_);
    A_.narrow(1, N_, I_).copy_(p_.U).mul_(2 * a_);
    A_.select(1, N_ + I_).copy_(p_.b).sub_(p_.W.sum(1)).mul_(2 * a_);
  }

  void roll_out() {
    const auto half_C = p_.C / 2, twice_K = p_.K * 2, v_transposed = v_.t();
    at::sub_out(errors_, targets_, p_.d.unsqueeze(1));
    g_.zero_();
    dC_.zero_();
    for (std::size_t t = 0; t < s_.size(); ++t) {
      at::sigmoid_out(s_[t], g_);
      at::addmm_out(v_, g_, A_, features_[t], 1 - a_, 1);
      e_[t].addmm_(half_C, v_, 1, -1);
      dC_.addmm_(e_[t], v_transposed);
      at::addmm_out(g_, v_, twice_K, e_[t]);
    }
  }

  // lambda = dL/du_t
  void back_propagate() {
    const auto into_state = p_.C.t() * weight_,
               through_weights = (p_.W.t() * (4 * a_)).contiguous();
    for (const Tensor& tensor : {lambda_, back_, slope_, dA_}) tensor.zero_();
    for (std::size_t t = s_.size(); t-- > 0;) {
      lambda_.addmm_(into_state, e_[t], 1 - a_, 1).addcmul_(back_, slope_);
      dA_.addmm_(lambda_, features_transposed_[t]);
      at::mm_out(back_, through_weights, lambda_);
      at::addcmul_out(slope_, s_[t], s_[t], s_[t], -1);
    }
  }

  libtorch::Tensors p_;
  double a_, weight_;
  long N_, I_;
  Tensor g_, v_, A_;                        // one step
  Tensor lambda_, back_, slope_, dA_, dC_;  // one step, and sums over steps
  Tensor targets_, errors_;                 // T x P x B
  std::vector<Tensor> features_, features_transposed_, s_, e_;
};

template <typename Scalar>
peers::Gradient<Scalar> prepare(const peers::Problem<Scalar>& problem) {
  const c10::InferenceMode without_autograd;
  ByHand by_hand(libtorch::tensors_of(problem), double(problem.leak));
  return [by_hand](peers::Parameters<Scalar>& gradient) mutable {
    const c10::InferenceMode without_autograd;
    libtorch::copy(by_hand(), gradient);
  };
}

[[maybe_unused]] const bool added = peers::add<float>("libtorch by hand", prepare<float>) &&
                                    peers::add<double>("libtorch by hand", prepare<double>);

}  // namespace
