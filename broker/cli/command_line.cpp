#include "broker/cli/command_line.hpp"

#include "broker/cli/ast.hpp"
#include "broker/cli/audit.hpp"
#include "broker/cli/check.hpp"
#include "broker/cli/commands.hpp"
#include "broker/cli/keys.hpp"
#include "broker/cli/load_or_complain.hpp"
#include "broker/cli/redact.hpp"
#include "broker/output_rules.hpp"
#include "broker/policies.hpp"
#include "config/load.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <exception>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::broker::cli {
namespace {

#ifndef SALLYPORT_VERSION
#error "broker/cli/CMakeLists.txt defines SALLYPORT_VERSION"
#endif

/// What the options are parsed into, and the command that was chosen.
struct Choice {
  std::optional<std::string> config_file;
  RunOptions run;
  CheckOptions check;
  AstOptions ast;
  RedactOptions redact;
  bool json = false;
  bool show = false;
  std::vector<std::string> image_names;
  ImageBuildChoice build;
  KeyOptions keys;
  AuditOptions audit;
  std::function<int(const config::Loaded&)> command;
};

void add_serve(CLI::App& app, Choice& choice) {
  CLI::App* serve_app = app.add_subcommand("serve", "Listen for submissions over HTTP");
  serve_app->callback([&] { choice.command = [](const config::Loaded& loaded) { return serve(loaded); }; });
}

void add_run(CLI::App& app, Choice& choice) {
  CLI::App* run_app =
      app.add_subcommand("run", "Run one submission through the whole pipeline, without HTTP");
  run_app->add_option("FILE", choice.run.file, "Python source; - for standard input")->required();
  run_app->add_option("--image", choice.run.image, "Runner image");
  run_app->add_option("--policy", choice.run.policy, "AST policy (default: default)");
  run_app->add_option("--timeout", choice.run.timeout_seconds, "Wall time in seconds");
  run_app->add_flag("--json", choice.run.json, "Print the whole reply as JSON");
  run_app->add_flag("--no-syntax-validation", choice.run.no_syntax_validation, "Skip the syntax validation");
  run_app->add_flag("--no-ast-validation", choice.run.no_ast_validation, "Skip the AST policy");
  run_app->add_flag("--no-output-validation", choice.run.no_output_validation, "Skip the output validation");
  run_app->callback([&] {
    choice.command = [&](const config::Loaded& loaded) { return run_submission(loaded, choice.run); };
  });
}

void add_check(CLI::App& app, Choice& choice) {
  CLI::App* check_app = app.add_subcommand("check", "Say what is wrong with a program, without running it");
  CLI::Option* file = check_app->add_option("FILE", choice.check.file, "Python source; - for standard input");
  check_app->add_option("--python", choice.check.python, "Python version: 3.9 to 3.14 (default: the newest)");
  check_app->add_option("--policy", choice.check.policy, "AST policy (default: default)");
  check_app->add_flag("--syntax-only", choice.check.syntax_only, "Leave the AST policy out");
  check_app->add_flag("--json", choice.check.json, "Answer as JSON");
  CLI::Option* jsonl = check_app->add_flag("--jsonl", choice.check.jsonl,
                                           "One JSON request a line on standard input, one answer a line");
  CLI::Option* explain = check_app->add_option(
      "--explain", choice.check.explain, "Say what a rule of the policy is for, with examples; \"all\"");
  jsonl->excludes(file);
  explain->excludes(file)->excludes(jsonl);
  check_app->callback([&choice, file, jsonl, explain] {
    if (file->empty() && jsonl->empty() && explain->empty()) {
      throw CLI::RequiredError("FILE, --jsonl or --explain");
    }
    choice.command = [&choice](const config::Loaded& loaded) { return check(loaded, choice.check); };
  });
}

void add_redact(CLI::App& app, Choice& choice) {
  CLI::App* redact_app = app.add_subcommand("redact", "Take the secrets out of a text");
  CLI::Option* file =
      redact_app->add_option("FILE", choice.redact.file, "Text; - (the default) for standard input");
  redact_app->add_option("--rules", choice.redact.rules, "Rules to lay over the shipped ones");
  CLI::Option* json = redact_app->add_flag("--json", choice.redact.json, "Answer as JSON");
  CLI::Option* jsonl = redact_app->add_flag("--jsonl", choice.redact.jsonl,
                                            "One JSON request a line on standard input, one answer a line");
  CLI::Option* canary = redact_app->add_flag("--hash-canary", choice.redact.hash_canary,
                                             "Print the rule file's entry for the string on standard input");
  jsonl->excludes(file)->excludes(json);
  canary->excludes(file)->excludes(json)->excludes(jsonl);
  redact_app->callback(
      [&choice] { choice.command = [&choice](const config::Loaded&) { return redact(choice.redact); }; });
}

void add_ast(CLI::App& app, Choice& choice) {
  CLI::App* ast_app = app.add_subcommand("ast", "Print the tree of a program, as \"python3 -m ast\" does");
  ast_app->add_option("FILE", choice.ast.file, "Python source; - for standard input")->required();
  ast_app->add_option("--python", choice.ast.python, "Python version: 3.9 to 3.14 (default: the newest)");
  ast_app->add_flag("-a,--include-attributes", choice.ast.attributes, "With positions");
  ast_app->callback(
      [&choice] { choice.command = [&choice](const config::Loaded&) { return print_ast(choice.ast); }; });
}

void add_images(CLI::App& app, Choice& choice) {
  CLI::App* images_app = app.add_subcommand("images", "Manage the runner images");
  images_app->require_subcommand(1);

  CLI::App* list =
      images_app->add_subcommand("list", "List recipes, what is verified, and what the engine has");
  list->callback([&] { choice.command = [](const config::Loaded& loaded) { return list_images(loaded); }; });

  CLI::App* build = images_app->add_subcommand("build", "Build images from their recipes and verify them");
  build->add_option("NAME", choice.image_names, "Recipes; all where none is named");
  build->add_option("--base", choice.build.base, "Where the base comes from: debootstrap or pull");
  build->add_flag("--force", choice.build.force, "Build even if nothing has changed");
  build->callback([&] {
    choice.command = [&](const config::Loaded& loaded) {
      return build_images(loaded, choice.image_names, choice.build);
    };
  });

  CLI::App* verify =
      images_app->add_subcommand("verify", "Run the self-test of images and record their digest");
  verify->add_option("NAME", choice.image_names, "Recipes; all recorded ones where none is named");
  verify->callback([&] {
    choice.command = [&](const config::Loaded& loaded) { return verify_images(loaded, choice.image_names); };
  });

  CLI::App* remove = images_app->add_subcommand("remove", "Remove images from the engine and the record");
  remove->add_option("NAME", choice.image_names, "Images")->required();
  remove->callback([&] {
    choice.command = [&](const config::Loaded& loaded) { return remove_images(loaded, choice.image_names); };
  });
}

using KeyCommand = int (*)(const config::Loaded&, const KeyOptions&);

CLI::App* add_key_command(CLI::App& keys_app, Choice& choice, const char* name, const char* description,
                          KeyCommand command) {
  CLI::App* app = keys_app.add_subcommand(name, description);
  app->callback([&choice, command] {
    choice.command = [&choice, command](const config::Loaded& loaded) {
      return command(loaded, choice.keys);
    };
  });
  return app;
}

void add_keys(CLI::App& app, Choice& choice) {
  CLI::App* keys_app = app.add_subcommand("keys", "Manage the API keys");
  keys_app->require_subcommand(1);
  KeyOptions& options = choice.keys;

  CLI::App* create =
      add_key_command(*keys_app, choice, "create", "Make a key; its secret is shown once", create_key);
  create->add_option("NAME", options.name, "Your word for it")->required();
  create
      ->add_option("--scope", options.scopes,
                   "execute, validate, read, metrics, admin; with commas (default: execute,validate,read)")
      ->delimiter(',');
  create->add_option("--expires", options.expires,
                     "90d, 12h, or a time like 2026-12-31T23:59:59Z; default: never");
  create->add_option("--ceiling", options.ceilings,
                     "A lower ceiling: max_memory_mb=256; may be given repeatedly");
  create
      ->add_option("--policy", options.policies,
                   "Policies that it may use, the first one by default; with commas")
      ->delimiter(',');
  create
      ->add_option("--may-switch-off", options.may_switch_off,
                   "Switches that it may turn off, as far as the configuration permits; with commas")
      ->delimiter(',');
  create->add_option("--rate", options.rate_per_minute,
                     "Requests a minute; default: limits.key_rate_per_minute");
  create->add_option("--burst", options.burst, "Of these, at once (default: 10)");
  create->add_option("--quota", options.requests_per_day, "Requests within 24 hours; default: any number");
  create->add_option("--weight", options.weight,
                     "Share beside other keys when there is a queue (default: 1)");
  create->add_flag("--may-call-back", options.may_call_back, "Requests may name a URL to be called");
  create->add_flag("--json", options.json, "Answer as JSON");

  CLI::App* list = add_key_command(*keys_app, choice, "list", "List all keys", list_keys);
  list->add_flag("--json", options.json, "Answer as JSON");
  CLI::App* show = add_key_command(*keys_app, choice, "show", "Show one key and what it may do", show_key);
  CLI::App* revoke = add_key_command(*keys_app, choice, "revoke", "End a key for good", revoke_key);
  CLI::App* rotate = add_key_command(*keys_app, choice, "rotate",
                                     "Give a key a new secret, which is shown once", rotate_key);
  for (CLI::App* each : {show, revoke, rotate}) {
    each->add_option("KEY", options.key, "Its id, name or visible prefix")->required();
  }
  rotate->add_option("--overlap", options.overlap, "How long the former secret still counts (default: 24h)");
  rotate->add_flag("--json", options.json, "Answer as JSON");
}

void add_audit(CLI::App& app, Choice& choice) {
  CLI::App* audit_app = app.add_subcommand("audit", "Look into the audit trail");
  audit_app->require_subcommand(1);
  AuditOptions& options = choice.audit;

  CLI::App* verify = audit_app->add_subcommand("verify", "Say whether the trail is whole, and where not");
  verify->add_option("--anchor", options.anchor,
                     "NUMBER:HASH that an earlier verify has said: must still be there");
  verify->add_flag("--json", options.json, "Answer as JSON");
  verify->callback([&] {
    choice.command = [&](const config::Loaded& loaded) { return verify_audit_trail(loaded, choice.audit); };
  });

  CLI::App* query = audit_app->add_subcommand("query", "Print records as JSON lines, the oldest first");
  query->add_option("--since", options.since, "From this time on: 2026-01-31, or 2026-01-31T12:00:00Z");
  query->add_option("--until", options.until, "Before this time");
  query->add_option("--key", options.key_id, "Of this key, by its id");
  query->add_option("--user", options.user_id, "Of this user_id");
  query->add_option("--execution", options.execution_id, "Of this execution");
  query->add_option("--outcome", options.outcome,
                    "requested, completed, failed, violations; session_created, session_ended, webhook_dead; "
                    "key_created, key_revoked, key_rotated");
  query->add_option("--after", options.after, "Behind the record of this number");
  query->add_option("--limit", options.limit, "At most so many");
  query->callback([&] {
    choice.command = [&](const config::Loaded& loaded) { return query_audit_trail(loaded, choice.audit); };
  });
  for (CLI::App* each : {verify, query}) {
    each->add_option("--file", options.file, "Another trail than that of the configuration (log.audit_file)");
  }
}

void add_doctor(CLI::App& app, Choice& choice) {
  CLI::App* doctor_app =
      app.add_subcommand("doctor", "Find what is missing on this host, and the command that mends it");
  doctor_app->add_flag("--json", choice.json, "Print the findings as JSON");
  doctor_app->callback(
      [&] { choice.command = [&](const config::Loaded& loaded) { return doctor(loaded, choice.json); }; });
}

void add_config(CLI::App& app, Choice& choice) {
  CLI::App* config_app = app.add_subcommand("config", "Check the configuration");
  config_app->add_flag("--show", choice.show,
                       "Print the effective configuration and where each value came from");
  config_app->callback([&] {
    choice.command = [&](const config::Loaded& loaded) {
      Policies policies(loaded.config.policies.folder);
      OutputRules output_rules(loaded.config.output.rules_file);
      if (!load_or_complain(policies) || !load_or_complain(output_rules)) return static_cast<int>(kUsage);
      if (choice.show) return show_config(loaded);
      std::cout << "the configuration is valid\n";
      return static_cast<int>(kSuccess);
    };
  });
}

int run_chosen(const Choice& choice) {
  config::LoadOptions options;
  options.file = choice.config_file;
  options.environment = config::process_environment();
  const config::LoadResult result = config::load(options);
  if (!result.ok()) {
    std::cerr << result.mistakes_text() << "\n";
    return kUsage;
  }
  return choice.command(*result.loaded);
}

}  // namespace

int run_command_line(int argc, char** argv) {
  // A client or an engine that goes away is an error of one write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  Choice choice;
  CLI::App app("Sallyport: an execution broker for code that language models write", "sallyport");
  app.set_version_flag("--version", std::string("sallyport ") + SALLYPORT_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--config", choice.config_file,
                 "Configuration file (default: /etc/sallyport/sallyport.json)");
  add_serve(app, choice);
  add_run(app, choice);
  add_check(app, choice);
  add_redact(app, choice);
  add_ast(app, choice);
  add_images(app, choice);
  add_keys(app, choice);
  add_audit(app, choice);
  add_doctor(app, choice);
  add_config(app, choice);

  try {
    app.parse(argc, argv);
    return run_chosen(choice);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    return status == 0 ? kSuccess : kUsage;
  } catch (const std::exception& error) {
    std::cerr << "sallyport: " << error.what() << "\n";
    return kFailure;
  }
}

}  // namespace sallyport::broker::cli
