#include "docker/types.hpp"
