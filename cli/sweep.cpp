// ef sweep: the runs of a plan, over all cores, ranks or machines, each result in a file of its
// own. Exit status: 0 all done, 2 bad input or a full disk, 130 interrupted.

#include <charconv>
#include <chrono>
#include <error_forcing/errors.hpp>
#include <fstream>
#include <memory>
#include <sstream>

#include "interrupt.hpp"
#include "mpi_queue.hpp"
#include "subcommands.hpp"
#include "sweep_progress.hpp"
#include "sweep_workers.hpp"

namespace error_forcing::cli {

namespace {

struct SweepOptions {
  std::string plan, out, shard = "1/1";
  int threads = 0;
  bool dry_run = false;
};

/// Part i of n, i from 1.
struct Shard {
  std::size_t part = 1, of = 1;
};

Shard shard_of(const std::string& text) {
  Shard shard;
  const char* end = text.data() + text.size();
  const auto [slash, bad_part] = std::from_chars(text.data(), end, shard.part);
  const bool split = bad_part == std::errc() && slash != end && *slash == '/';
  const auto [rest, bad_of] = std::from_chars(split ? slash + 1 : end, end, shard.of);
  const bool whole = split && bad_of == std::errc() && rest == end;
  require(whole && shard.part >= 1 && shard.part <= shard.of,
          "--shard: want i/n with i from 1 to n, e.g. 1/8, got {}; number a Slurm array from 1",
          text);
  return shard;
}

std::string text_of_plan(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  require(stream.is_open() && text.good(), "{}: cannot be read, or is empty; want a plan", file);
  return text.str();
}

/// A plan and where its results go.
struct Sweep {
  std::string text;
  SweepPlan plan;
  SweepFolder folder;
  std::vector<std::size_t> places;  ///< of this shard, in the order to do them
  Missing missing;                  ///< of those
};

Sweep read_sweep(const SweepOptions& options) {
  Sweep sweep{text_of_plan(options.plan), {}, {}, {}, {}};
  sweep.plan = read_plan(sweep.text, options.plan);
  sweep.folder = {options.out, sweep.plan.fingerprint, ERROR_FORCING_VERSION};
  return sweep;
}

/// What there is to do, by whoever hands it out.
void look_for_results(const SweepOptions& options, Sweep& sweep) {
  const Shard shard = shard_of(options.shard);
  const auto places = order_of_runs(sweep.plan);
  // Like cards: every shard gets long and short ones.
  for (std::size_t k = shard.part - 1; k < places.size(); k += shard.of)
    sweep.places.push_back(places[k]);
  require_folder_of(sweep.folder, sweep.plan);
  sweep.missing = missing_of(sweep.folder, sweep.plan, sweep.places);
}

void show_plan(const Sweep& sweep) {
  for (const auto& bad : sweep.missing.bad) fmt::print(stderr, "ef: {}\n", bad.what);
  for (const std::size_t place : sweep.missing.places)
    fmt::print("{}\n", sweep.plan.runs[place].id);
  fmt::print("{} of {} runs to do\n", sweep.missing.places.size(), sweep.places.size());
}

void make_room(const Sweep& sweep) {
  make_sweep_folder(sweep.folder, sweep.plan, sweep.text);
  for (const auto& bad : sweep.missing.bad)
    fmt::print(stderr, "ef: {}; kept as {}, the run is done again\n", bad.what,
               keep_aside(sweep.folder, sweep.plan.runs[bad.place]));
}

/// Never returns: what is being written is finished, all other work of this process is lost.
[[noreturn]] void stop_at_once(const Sweep& sweep, const SweepProgress& progress, bool leads,
                               SweepWorkers& workers) {
  workers.hold_files();
  if (leads)
    fmt::print(stderr,
               "\nef: interrupted with {} of {} runs done; those under way are lost, the same "
               "command goes on\n",
               progress.done(), sweep.missing.places.size());
  std::fflush(nullptr);
  std::_Exit(interrupted_status);
}

void carry_out_all(const Sweep& sweep, RunQueue& queue, int threads) {
  SweepProgress progress(sweep.plan, sweep.missing.places);
  SweepWorkers workers(sweep.plan, sweep.folder, queue, threads);
  const auto serve = [&] {
    if (interrupted()) stop_at_once(sweep, progress, queue.leads(), workers);
    for (const RunReport& report : queue.serve()) progress.show(report);
  };
  while (!workers.idle() || !queue.alone()) {
    serve();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  serve();
  progress.finish();
  queue.leave();
  workers.join();
  if (!queue.leads()) return;
  fmt::print("{}: {} runs done, {} were there; {} diverged\n", sweep.folder.path.string(),
             progress.done(), sweep.places.size() - sweep.missing.places.size(),
             progress.diverged());
}

int default_threads(const Rank& rank) {
  return rank.size > 1 ? 1 : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// Joins first: what is wrong with the plan is said by rank 0 alone, whose end is then that of all.
void follow(const SweepOptions& options) {
  const auto queue = join_ranks({});
  const Sweep sweep = read_sweep(options);
  catch_interrupts("");
  carry_out_all(sweep, *queue, options.threads > 0 ? options.threads : 1);
}

void lead(const SweepOptions& options, const Rank& rank) {
  Sweep sweep = read_sweep(options);
  look_for_results(options, sweep);
  if (options.dry_run) return show_plan(sweep);
  make_room(sweep);
  catch_interrupts("");
  const auto queue = rank.size > 1 ? join_ranks(sweep.missing.places)
                                   : std::make_unique<RunList>(sweep.missing.places);
  carry_out_all(sweep, *queue, options.threads > 0 ? options.threads : default_threads(rank));
}

void run_sweep(const SweepOptions& options) {
  const Rank rank = rank_of_mpirun();
  if (rank.rank == 0) return lead(options, rank);
  if (!options.dry_run) follow(options);
}

}  // namespace

void add_sweep(CLI::App& program, int&) {
  auto options = std::make_shared<SweepOptions>();
  auto* command = program.add_subcommand(
      "sweep", "Train all networks of a plan; again, it does what is missing");
  command->add_option("plan", options->plan, "PLAN.toml: which tasks, rules, seeds")->required();
  command->add_option("--out", options->out, "Folder for the results")->required();
  command
      ->add_option("--threads", options->threads,
                   "Runs at a time; by default one a core, under mpirun one a rank")
      ->check(CLI::Range(1, 4096))
      ->default_str("");
  command->add_option("--shard", options->shard, "i/n: part i of n, from 1, for job arrays");
  command->add_flag("--dry-run", options->dry_run, "Say what is missing and do nothing");
  command->callback([options] { run_sweep(*options); });
}

}  // namespace error_forcing::cli
