# Sourced by run.sh and test.sh: installs what is missing, configures, builds.
# Sets `root` (this project's folder) and `build` (its build folder).
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build

packages=(
    g++ cmake ninja-build ccache pkg-config
    libboost1.81-dev libcli11-dev libfmt-dev nlohmann-json3-dev libvalijson-dev zlib1g-dev
    libboost-context1.81-dev libgtest-dev libgmock-dev librapidcheck-dev
    elfutils libxml2-utils
)

die() {
    echo "$(basename "$0"): $*" >&2
    exit 3
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo > /dev/null; then
        sudo "$@"
    else
        die "installing packages needs root: run this as root, or install sudo"
    fi
}

# Asks dpkg first, so that a machine that has everything needs neither root nor a network.
install_missing_packages() {
    command -v dpkg-query > /dev/null || die "this is no Debian system; install by hand: ${packages[*]}"
    local missing=() package
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q ' installed$' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    echo "Installing ${missing[*]}" >&2
    as_root apt-get update -qq || die "apt-get update failed"
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null ||
        die "installing the packages failed; try: apt-get install ${missing[*]}"
}

# build_targets TARGET...: configures where that has not been done, and builds. Silent when there is
# nothing to do; the whole output when it fails.
build_targets() {
    local log=$root/build/setup.log
    mkdir -p "$build"
    if [ ! -f "$build/build.ninja" ]; then
        echo "Configuring" >&2
        (cd "$root" && cmake --preset default) > "$log" 2>&1 || { cat "$log" >&2; die "configuring failed"; }
    fi
    if ! cmake --build "$build" --target "$@" -- -n 2> /dev/null | grep -q 'no work to do'; then
        echo "Building (some minutes the first time)" >&2
        cmake --build "$build" --target "$@" > "$log" 2>&1 || { tail -n 60 "$log" >&2; die "building failed"; }
    fi
}

# contained COMMAND...: in a PID namespace of its own where that is permitted. Whatever the command
# starts ends with it, and no signal of its can reach a process outside.
contained() {
    local namespace=(unshare --pid --fork --kill-child --mount-proc --ipc)
    if "${namespace[@]}" true 2> /dev/null; then
        # The shell is the namespace's first process: that one is deaf to signals it does not handle.
        "${namespace[@]}" bash -c '"$@"; exit $?' contained "$@"
    else
        "$@"
    fi
}
