#!/usr/bin/env bash
# check.sh BUILD_FOLDER LIBDIR COMPILER PLACE: installs from the build folder into PLACE, builds the
# consumer there with find_package and with pkg-config, runs both, and sees that they need nothing but
# the C and C++ libraries.
set -euo pipefail
build=$1 libdir=$2 compiler=$3 place=$4
source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
region=install-check-$$
trap 'rm -rf "$place"; rm -f "/dev/shm/castaway.$(id -u).$region"' EXIT
rm -rf "$place"

cmake --install "$build" --prefix "$place/prefix" > "$place.log"
rm -f "$place.log"

mkdir "$place/source"
cp "$source/consumer.cpp" "$place/source"
cp "$source/CMakeLists.txt.in" "$place/source/CMakeLists.txt"
env -u CXXFLAGS cmake -S "$place/source" -B "$place/cmake" -DCMAKE_PREFIX_PATH="$place/prefix" \
    -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_STANDARD=20 > /dev/null
cmake --build "$place/cmake" > /dev/null
export PKG_CONFIG_PATH=$place/prefix/$libdir/pkgconfig
read -ra flags <<< "$(pkg-config --cflags --libs castaway)"
"$compiler" -std=c++20 "$source/consumer.cpp" -o "$place/by-pkg-config" "${flags[@]}"

for program in "$place/cmake/consumer" "$place/by-pkg-config"; do
    [ "$(CASTAWAY_REGION=$region "$program")" = consumed ]
    foreign=$(readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
        grep -Ev '^(libc|libstdc\+\+|libgcc_s|libm)\.so\.[0-9]+$' || true)
    [ -z "$foreign" ] || { echo "$program needs $foreign" >&2; exit 1; }
done
