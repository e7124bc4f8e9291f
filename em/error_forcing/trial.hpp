#pragma once
// One trial, step by step: what inference over whole trajectories works on.
//
// Columns carry the indices of the equations: column t of inputs, targets and states is step t, and
// column 0 holds h_0, or nothing.
//
//   F(h, x) = (1-a) h + a (W phi(h) + U x + b)        (M2)
//   J(h)    = (1-a) I + a W diag phi'(h)              (M7)
//
// Law: J is the derivative of F in h.

#include <error_forcing/generative_model.hpp>
#include <error_forcing/observed_patterns.hpp>

namespace error_forcing {

template <typename Scalar>
struct ObservedTrial {
  Matrix<Scalar> inputs;                  ///< x_t, I x (T+1)
  Matrix<Scalar> targets;                 ///< y*_t, P x (T+1); anything where unobserved
  std::vector<ObservedOutputs> observed;  ///< o_t, T+1 of them

  Index steps() const { return inputs.cols() - 1; }
};

template <typename Scalar>
ObservedTrial<Scalar> trial_of(const Batch<Scalar>& batch, Index trial);

/// One trial of a history, rows x (T+1); column 0 is zero where the history starts at step 1.
template <typename Scalar>
Matrix<Scalar> columns_of(const History<Scalar>& history, Index trial);

/// What a step observes: the rows of the observed outputs.
template <typename Scalar>
struct Observation {
  Matrix<Scalar> C;       ///< o x N
  Vector<Scalar> d;       ///< o
  Matrix<Scalar> R;       ///< o x o
  Vector<Scalar> target;  ///< y*_t, o

  bool empty() const { return target.size() == 0; }
};

template <typename Scalar>
Observation<Scalar> observation_at(const GenerativeModel<Scalar>& model,
                                   const ObservedTrial<Scalar>& trial, Index step);

/// Adds dC, o x N, and dd, o, to the rows of the observed outputs.
template <typename Scalar>
void add_to_observed_rows(const ObservedOutputs& observed, const Matrix<Scalar>& dC,
                          const Vector<Scalar>& dd, Parameters<Scalar>& gradient) {
  for (std::size_t i = 0; i < observed.size(); ++i) {
    gradient.C.row(observed[i]) += dC.row(static_cast<Index>(i));
    gradient.d(observed[i]) += dd(static_cast<Index>(i));
  }
}

/// phi of every entry.
template <typename Scalar>
Matrix<Scalar> activity_of(const Network<Scalar>& network, const Matrix<Scalar>& states);

/// F(h, x) of every column h of `states`, N x K; the input x is one for all.
template <typename Scalar>
Matrix<Scalar> transition(const Network<Scalar>& network, const Matrix<Scalar>& states,
                          const Vector<Scalar>& input);

/// J(h), N x N.
template <typename Scalar>
Matrix<Scalar> transition_jacobian(const Network<Scalar>& network, const Vector<Scalar>& state);

/// J(h) v and J(h)' v of every column v, without J.
template <typename Scalar>
Matrix<Scalar> push_forward(const Network<Scalar>& network, const Vector<Scalar>& state,
                            const Matrix<Scalar>& tangents);
template <typename Scalar>
Matrix<Scalar> pull_back(const Network<Scalar>& network, const Vector<Scalar>& state,
                         const Matrix<Scalar>& adjoints);

/// The states of the displacements nu, both N x (T+1): h_t = F(h_{t-1}, x_t) + nu_t. Throws
/// Divergence if one is not finite.
template <typename Scalar>
Matrix<Scalar> displaced_states(const Network<Scalar>& network, const ObservedTrial<Scalar>& trial,
                                const Matrix<Scalar>& displacements);

/// nu_t = h_t - F(h_{t-1}, x_t) of given states; column 0 is zero.
template <typename Scalar>
Matrix<Scalar> displacements_of(const Network<Scalar>& network, const ObservedTrial<Scalar>& trial,
                                const Matrix<Scalar>& states);

/// log N(x; 0, S). Throws InvalidInput unless S is positive definite.
template <typename Scalar>
Scalar log_normal(const Vector<Scalar>& x, const Matrix<Scalar>& covariance);

}  // namespace error_forcing
