#include "base/sha256.hpp"

#include "base/hex.hpp"

#include <array>
#include <openssl/evp.h>

namespace sallyport::base {

namespace {

/// Looked up once: by name it takes longer than the digest of a short text. Null if the library has none.
const EVP_MD* algorithm() {
  static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return found;
}

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  // One a thread: to make it takes as long as the digest of a short text.
  thread_local const Context context(EVP_MD_CTX_new());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const bool good = context && EVP_DigestInit_ex(context.get(), algorithm(), nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
                    EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1;
  if (!good) return {};
  return to_hex({reinterpret_cast<const char*>(digest.data()), size});
}

struct Sha256::State {
  Context context{EVP_MD_CTX_new()};
  bool good = false;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  state_->good = state_->context && EVP_DigestInit_ex(state_->context.get(), algorithm(), nullptr) == 1;
}
Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  state_->good = state_->good && EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1;
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!state_->good || EVP_DigestFinal_ex(state_->context.get(), digest.data(), &size) != 1) return {};
  state_->good = false;
  return {digest.begin(), digest.begin() + size};
}

}  // namespace sallyport::base
