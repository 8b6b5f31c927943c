# What ./run, ./test and Benchmarks/run stand on. Sourced, never run: `source Scripts/prerequisites.bash`.

# What Package.swift links, and what compiles the C++ shims.
build_packages=(
  g++ pkg-config ca-certificates
  libboost1.81-dev libssl-dev libcurl4-openssl-dev libsqlite3-dev libargon2-dev libsimdjson-dev libctemplate-dev
  libcbor-dev libqrencode-dev libpcre2-dev
)
# What Tests/EndToEnd drives: a real browser, the official Python clients, and an identity provider.
test_packages=(faketime python3 python3-venv chromium chromium-driver openssl sqlite3 glewlwyd)
# What Benchmarks/ loads with, and measures beside.
benchmark_packages=(python3 python3-venv wrk openssl sqlite3 glewlwyd)

# sysexits.h: a service (a toolchain, a package) that this needs is not available.
readonly unavailable=69

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }

# Exits unless `swift` is at least 6.2, the tools version of Package.swift.
require_swift() {
  if ! command -v swift >/dev/null 2>&1; then
    complain "error: there is no 'swift' on the PATH; Gatehouse needs Swift 6.2 or newer (built and tested with 6.3)."
    complain "hint: https://www.swift.org/install/linux/ has toolchains; Debian 12 is supported. Then open a new shell and come back."
    exit "$unavailable"
  fi
  local version major minor
  version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' | head -n 1)
  major=${version%%.*} minor=${version#*.}
  if [[ -z $version ]] || ((major < 6 || (major == 6 && minor < 2))); then
    complain "error: $(command -v swift) is Swift ${version:-of an unknown version}; Gatehouse needs 6.2 or newer (built and tested with 6.3)."
    complain "hint: https://www.swift.org/install/linux/ has toolchains; Debian 12 is supported."
    exit "$unavailable"
  fi
}

# Installs those of the named Debian packages that are missing. Touches the network only if one is.
require_packages() {
  if ! command -v dpkg-query >/dev/null 2>&1; then
    say "note: this is no Debian, so these are not checked: $*"
    return
  fi
  local package missing=()
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null) == *installed* ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  say "Debian packages that are missing: ${missing[*]}"
  local as_root=()
  if ((EUID != 0)); then
    if [[ ! -t 0 ]] || ! command -v sudo >/dev/null 2>&1; then
      complain "error: installing them needs root, and there is nobody here to ask for it."
      complain "hint: apt-get update && apt-get install --yes --no-install-recommends ${missing[*]}"
      exit "$unavailable"
    fi
    say "Installing them needs root, so sudo may ask for your password."
    as_root=(sudo)
  fi
  if ! "${as_root[@]}" apt-get update --quiet \
    || ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install --quiet --yes --no-install-recommends "${missing[@]}"; then
    complain "error: apt-get could not install ${missing[*]}"
    complain "hint: see what it says above; on another distribution install their equivalents by hand."
    exit "$unavailable"
  fi
}

# Makes .venv hold exactly the packages of a requirements file. Does nothing when it already does.
require_python() {
  local requirements=$1 wanted held=.venv/requirements.sha256
  wanted=$(sha256sum <"$requirements")
  [[ -x .venv/bin/python && -f $held && $(<"$held") == "$wanted" ]] && return 0
  say "Python packages for the tests go into .venv"
  python3 -m venv --clear .venv
  # The file names all that its packages stand on, so nothing else is looked for.
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement "$requirements"
  printf '%s\n' "$wanted" >"$held"
}
