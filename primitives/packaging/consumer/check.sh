#!/usr/bin/env bash
# check.sh BUILD_FOLDER LIBDIR C_COMPILER C++_COMPILER PLACE: installs from the build folder into PLACE and
# tries there what users do with what is installed. Each consumer must say that it was served.
set -euo pipefail
build=$1 libdir=$2 cc=$3 cxx=$4 place=$5
source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
prefix=$place/prefix
libraries=$prefix/$libdir
export CASTAWAY_REGION=install-check-$$
trap 'rm -rf "$place"; rm -f "/dev/shm/castaway.$(id -u).$CASTAWAY_REGION"' EXIT
warnings=(-Wall -Wextra -Wpedantic -Werror)

die() {
    echo "check.sh: $*" >&2
    exit 1
}

# served COMMAND...: it ran and says so.
served() {
    [ "$(timeout 30 "$@")" = consumed ] || die "not served: $*"
}

# needs_only FILE LIBRARY_PATTERN: of shared libraries.
needs_only() {
    local foreign
    foreign=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -Ev "^($2)\.so" || true)
    [ -z "$foreign" ] || die "$1 needs $foreign"
}
system='libc|libstdc\+\+|libgcc_s|libm|ld-linux.*'

install_package() {
    rm -rf "$place"
    cmake --install "$build" --prefix "$prefix" > "$place.log" || die "$(cat "$place.log")"
    rm -f "$place.log"
}

# The C headers are for C11 and C++11 and later, the others for C++20; each stands alone.
check_headers() {
    local header standard
    for header in "$prefix"/include/castaway/*; do
        local name=castaway/${header##*/}
        for standard in c11 c17 c++11 c++17 c++20; do
            case $standard:$name in
                c++20:*) ;;
                *.hpp | *inspect.h) continue ;;
            esac
            local compiler=$cc language=c
            [[ $standard != c++* ]] || compiler=$cxx language=c++
            echo "#include <$name>" |
                "$compiler" -x $language -std=$standard "${warnings[@]}" -I"$prefix/include" -fsyntax-only - ||
                die "$name is not $standard"
        done
    done
}

# The shared library shows what the headers declare, and nothing else.
check_exports() {
    local headers=("$prefix"/include/castaway/*.h) all=$place/all.c
    printf '#include <%s>\n' "${headers[@]/*inspect.h/}" | grep castaway > "$all"
    "$cc" -fsyntax-only -aux-info "$place/declared" -I"$prefix/include" "$all"
    {
        grep "$prefix/include/castaway/" "$place/declared" | sed -E 's|^/\* [^*]*\*/ ||; s| \(.*||; s|.*[ *]||'
        # Of the one C++ header: what is declared at the beginning of a line.
        sed -nE 's/^[a-zA-Z:].*[ >]([a-z_]+)\(.*/castaway::\1/p' "$prefix/include/castaway/inspect.h"
    } | sort -u > "$place/public"
    nm -DC --defined-only "$libraries/libcastaway.so" |
        sed -nE 's/^[0-9a-f]+ [^A] ([A-Za-z0-9_:]+).*/\1/p' | sort -u > "$place/exported"
    [ "$(wc -l < "$place/public")" -gt 80 ] || die "the declarations were not found"
    diff "$place/public" "$place/exported" >&2 ||
        die "< is declared and not exported, > is exported and not declared"
    [ -z "$(nm -DC --defined-only "$libraries/libcastaway.so" | grep -Ev ' (T|A) ' || true)" ] ||
        die "libcastaway.so exports more than functions"
    needs_only "$libraries/libcastaway.so" "$system"
}

# by_cmake LANGUAGE SOURCE LIBRARIES_THAT_IT_NEEDS OPTION...
by_cmake() {
    local language=$1 file=$2 needs=$3
    shift 3
    rm -rf "$place/source" "$place/cmake"
    mkdir "$place/source"
    cp "$source/$file" "$place/source"
    cp "$source/CMakeLists.txt.in" "$place/source/CMakeLists.txt"
    env -u CXXFLAGS -u CFLAGS cmake -S "$place/source" -B "$place/cmake" -DCMAKE_PREFIX_PATH="$prefix" \
        -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_STANDARD=20 \
        -DCONSUMER_LANGUAGE="$language" -DCONSUMER_SOURCE="$file" --no-warn-unused-cli "$@" > /dev/null
    cmake --build "$place/cmake" > /dev/null
    needs_only "$place/cmake/consumer" "$needs"
    served "$place/cmake/consumer"
}

# Programs that come from Windows, in all ways to write names.
check_ported() {
    flags_of --cflags --libs
    local unicode width
    for unicode in -UUNICODE -DUNICODE; do
        for width in -fno-short-wchar -fshort-wchar; do
            "$cc" -std=c11 "${warnings[@]}" $unicode $width "$source/ported.c" -o "$place/ported" "${flags[@]}"
            served "$place/ported"
            "$cxx" -std=c++11 "${warnings[@]}" $unicode $width "$source/ported.cpp" -o "$place/ported" \
                "${flags[@]}"
            served "$place/ported"
        done
    done
}

# What pkg-config says, into `flags`.
flags_of() {
    export PKG_CONFIG_PATH=$libraries/pkgconfig
    read -ra flags <<< "$(pkg-config "$@" castaway)"
}

check_shared() {
    by_cmake CXX consumer.cpp "$system|libcastaway" -DBUILD_SHARED_LIBS=ON
    by_cmake C consumer.c "$system|libcastaway" -DBUILD_SHARED_LIBS=ON
    flags_of --cflags --libs
    "$cxx" -std=c++20 "$source/consumer.cpp" -o "$place/by-pkg-config" "${flags[@]}"
    served "$place/by-pkg-config"
    "$cc" "$source/consumer.c" -o "$place/c-by-pkg-config" "${flags[@]}"
    served "$place/c-by-pkg-config"
    readelf -d "$place/c-by-pkg-config" | grep -q "NEEDED.*\[libcastaway\.so\.[0-9.]*\]" ||
        die "pkg-config does not give the shared library"
    if command -v python3 > /dev/null && python3 -c 'import ctypes' 2> /dev/null; then
        served python3 "$source/consumer.py" "$libraries/libcastaway.so"
    else
        echo "check.sh: no Python is tried, for there is no python3 with ctypes" >&2
    fi
}

# The archive: also where there is nothing else.
check_static() {
    by_cmake CXX consumer.cpp "$system"
    by_cmake C consumer.c "$system"
    rm "$libraries"/libcastaway.so*
    flags_of --static --cflags --libs
    "$cxx" -std=c++20 "$source/consumer.cpp" -o "$place/by-pkg-config" "${flags[@]}"
    "$cc" "$source/consumer.c" -o "$place/c-by-pkg-config" "${flags[@]}"
    "$cc" -shared -fPIC "$source/plugin.c" -o "$place/plugin.so" "${flags[@]}"
    "$cc" "$source/plugin_host.c" -o "$place/plugin-host" -ldl -pthread
    for file in by-pkg-config c-by-pkg-config plugin.so; do
        needs_only "$place/$file" "$system"
    done
    served "$place/by-pkg-config"
    served "$place/c-by-pkg-config"
    served "$place/plugin-host" "$place/plugin.so"
}

install_package
check_headers
check_exports
check_shared
check_ported
check_static
