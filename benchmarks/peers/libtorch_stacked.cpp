// Rollout and back-propagation by hand in libtorch, no automatic differentiation, arranged for few
// trials, where a step costs what its calls cost: what can wait for the last step is done once for
// all of them, as large products over the steps, and a step is left with five calls forward and
// three back. A state is trials x units; see libtorch_by_hand.cpp for many trials.

#include <c10/core/InferenceMode.h>

#include "libtorch.hpp"

namespace {

using at::Tensor;

// Values of all steps, also as one matrix of (T B) rows and as a view of each step.
struct Stack {
  explicit Stack(const Tensor& values)
      : flat(values.flatten(0, 1)), steps(values.unbind()), all(values) {}

  Tensor flat;
  std::vector<Tensor> steps;
  Tensor all;
};

class Stacked {
 public:
  explicit Stacked(const libtorch::Tensors& problem, double leak)
      : p_(problem),
        a_(leak),
        weight_(-2.0 / double(p_.target.numel())),
        x_(p_.x),
        drive_(states()),
        phi_(states()),
        slope_(states()),
        u_(states()),
        lambda_(states()),
        e_(at::empty_like(p_.target)),
        h_(at::empty_like(u_.steps[0])),
        back_(at::empty_like(h_)) {}

  std::vector<Tensor> operator()() {
    roll_out();
    back_propagate();
    const auto a_lambda = lambda_.flat.t() * a_;
    return {a_lambda.mm(phi_.flat), a_lambda.mm(x_.flat), a_lambda.sum(1),
            e_.flat.t().mm(u_.flat).mul_(weight_), e_.flat.sum(0).mul_(weight_)};
  }

 private:
  Tensor states() const {
    return at::empty({p_.x.size(0), p_.x.size(1), p_.W.size(0)}, p_.W.options());
  }

  void roll_out() {
    const auto aW = (p_.W * a_).t().contiguous(), C = p_.C.t(), K = p_.K.t();
    at::addmm_out(drive_.flat, p_.b * a_, x_.flat, (p_.U * a_).t());
    at::sub_out(e_.all, p_.target, p_.d);
    h_.zero_();
    for (std::size_t t = 0; t < phi_.steps.size(); ++t) {
      at::tanh_out(phi_.steps[t], h_);
      at::addmm_out(u_.steps[t], drive_.steps[t], phi_.steps[t], aW);
      u_.steps[t].add_(h_, 1 - a_);
      e_.steps[t].addmm_(u_.steps[t], C, 1, -1);
      at::addmm_out(h_, u_.steps[t], e_.steps[t], K);
    }
  }

  // lambda = dL/du_t
  void back_propagate() {
    const auto aW = p_.W * a_;
    at::mm_out(lambda_.flat, e_.flat, p_.C * weight_);
    at::addcmul_out(slope_.all, at::ones({}, aW.options()), phi_.all, phi_.all, -1);
    for (std::size_t t = phi_.steps.size() - 1; t > 0; --t) {
      at::mm_out(back_, lambda_.steps[t], aW);
      lambda_.steps[t - 1].addcmul_(back_, slope_.steps[t]).add_(lambda_.steps[t], 1 - a_);
    }
  }

  libtorch::Tensors p_;
  double a_, weight_;
  Stack x_, drive_, phi_, slope_, u_, lambda_, e_;
  Tensor h_, back_;
};

template <typename Scalar>
peers::Gradient<Scalar> prepare(const peers::Problem<Scalar>& problem) {
  const c10::InferenceMode without_autograd;
  Stacked stacked(libtorch::tensors_of(problem), double(problem.leak));
  return [stacked](peers::Parameters<Scalar>& gradient) mutable {
    const c10::InferenceMode without_autograd;
    libtorch::copy(stacked(), gradient);
  };
}

[[maybe_unused]] const bool added = peers::add<float>("libtorch stacked", prepare<float>) &&
                                    peers::add<double>("libtorch stacked", prepare<double>);

}  // namespace
