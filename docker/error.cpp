#include "docker/error.hpp"
