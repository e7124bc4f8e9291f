// ADOL-C, by operator overloading. One trial is recorded on tape, once; the tape is then evaluated
// forward and back for each trial. Its independent variables are the weights and, so that they can
// change from trial to trial, inputs, targets and displacements; the latter come from a rollout of
// plain numbers, for on the tape they must not depend on the weights. A tape of the whole batch
// does not fit in memory, and recording each trial anew takes longer.

#include <adolc/adolc.h>

#include "trial_loss.hpp"

namespace {

// Where the tape is evaluated: W, U, b, C, d, x, y*, nu, one after the other.
class Point {
 public:
  explicit Point(const peers::Problem<double>& p) : p_(p) {
    const auto& [W, U, b, C, d] = p.weights;
    for (const auto* block : {&W, &U, &b, &C, &d}) append(block->data(), long(block->size()));
    x_ = append(p.x.data(), p.steps * p.inputs);
    y_ = append(p.y.data(), p.steps * p.outputs);
    nu_ = append(std::vector<double>(std::size_t(p.steps * p.units)).data(), p.steps * p.units);
  }

  void move_to(long trial) {
    const auto& [W, U, b, C, d] = p_.weights;
    const double* x = &p_.x[trial * p_.steps * p_.inputs];
    const double* y = &p_.y[trial * p_.steps * p_.outputs];
    std::copy_n(x, p_.steps * p_.inputs, &values_[x_]);
    std::copy_n(y, p_.steps * p_.outputs, &values_[y_]);
    const auto displacement = [&](long t, long i, const std::vector<double>& e) {
      return values_[nu_ + t * p_.units + i] = forced(p_, i, e, [](double error) { return error; });
    };
    trial_loss(p_, peers::ActiveParameters<double>{W, U, b, C, d}, x, y, displacement);
  }

  // The tape of the trial that it stands at.
  void record(short tape) const {
    // Buffers that hold it, of operations, their places, constants and values: what does not fit
    // goes to files in the working folder, and what is too large costs page faults.
    const long operations = p_.steps * p_.units * (p_.units + p_.inputs + p_.outputs + 8);
    const auto size = unsigned(operations + 4 * long(values_.size()));
    trace_on(tape, 0, 2 * size, 4 * size, size / 4, 2 * size);
    {
      std::vector<adouble> all(values_.size());
      for (std::size_t i = 0; i < all.size(); ++i) all[i] <<= values_[i];
      const auto displacement = [&](long t, long i, const std::vector<adouble>&) {
        return all[nu_ + t * p_.units + i];
      };
      double value = 0;
      trial_loss(p_, weights_of(all), &all[x_], &all[y_], displacement) >>= value;
    }
    trace_off();
  }

  const std::vector<double>& values() const { return values_; }

 private:
  std::size_t append(const double* values, long size) {
    values_.insert(values_.end(), values, values + size);
    return values_.size() - std::size_t(size);
  }

  peers::ActiveParameters<adouble> weights_of(const std::vector<adouble>& all) const {
    auto from = all.begin();
    const auto next = [&](const std::vector<double>& block) {
      from += std::ptrdiff_t(block.size());
      return std::vector<adouble>(from - std::ptrdiff_t(block.size()), from);
    };
    const auto& [W, U, b, C, d] = p_.weights;
    return {next(W), next(U), next(b), next(C), next(d)};
  }

  const peers::Problem<double>& p_;
  std::vector<double> values_;
  std::size_t x_, y_, nu_;
};

void add(const std::vector<double>& adjoints, peers::Parameters<double>& gradient) {
  auto from = adjoints.begin();
  for (auto* block : {&gradient.W, &gradient.U, &gradient.b, &gradient.C, &gradient.d})
    for (double& entry : *block) entry += *from++;
}

peers::Gradient<double> prepare(const peers::Problem<double>& p) {
  static short tape = 0;
  Point point(p);
  point.move_to(0);
  point.record(++tape);
  std::vector<double> adjoints(point.values().size());
  return [=, &p, tape = tape](peers::Parameters<double>& gradient) mutable {
    gradient = peers::zero_gradient(p);
    for (long trial = 0; trial < p.trials; ++trial) {
      point.move_to(trial);
      ::gradient(tape, int(adjoints.size()), point.values().data(), adjoints.data());
      add(adjoints, gradient);
    }
  };
}

[[maybe_unused]] const bool added = peers::add<double>("ADOL-C", prepare);

}  // namespace
