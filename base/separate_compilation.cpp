// Asio and Beast are compiled once, here: every other file sees their declarations only, which keeps builds
// short. The macros that switch this on are set for the whole project in cmake/dependencies.cmake.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
