#include "runners/runner.hpp"
