# Functions of build/package, which sets the variables that they use.
# shellcheck shell=bash disable=SC2154 # from, program, provider, output, work, version, release, architecture, ...

fail() { echo "package: $1" >&2; exit 1; }

require() { # require PROGRAM:PACKAGE...
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
  done
  [ ${#missing[@]} = 0 ] || fail "programs are missing; install them with: apt-get install ${missing[*]}"
}

valid_version() { [[ $1 =~ ^[0-9][A-Za-z0-9.+~]*$ ]]; }

# architecture_of PROGRAM: Debian's name of the processor, from the header of the file.
architecture_of() {
  case "$(od -An -j18 -N2 -tx1 "$1" | tr -d ' ')" in
    3e00) echo amd64 ;;
    b700) echo arm64 ;;
    *) fail "$1 is not a program for x86-64 or arm64" ;;
  esac
}

# libc_of PROGRAM: the oldest glibc that has the versions of all symbols that the program needs.
libc_of() {
  objdump -T "$1" | grep -o 'GLIBC_[0-9][0-9.]*' | sed 's/GLIBC_//' | sort -V | tail -1
}

put() { # put MODE SOURCE TARGET: a file of the package, below $tree
  install -D -m "$1" "$2" "$tree/$3"
}

put_folder() { # put_folder SOURCE TARGET: a folder of plain files
  (cd "$1" && find . -type f -print) | while read -r file; do put 644 "$1/$file" "$2/$file"; done
}

put_packed() { # put_packed SOURCE TARGET.gz
  mkdir -p "$(dirname "$tree/$2")"
  gzip -9nc "$1" >"$tree/$2"
  chmod 644 "$tree/$2"
}

# What a program says of itself: manual pages and completions. A published program of another processor can't say it here,
# and one that was published before its verb `man` existed neither: then the build that runs on this machine does.
make_documents() {
  local managed=provisioner/Cli/bin/Release/net10.0/cloudlet.dll shell
  documents=$work/documents
  mkdir -p "$documents"
  speaker=("$program")
  if ! "${speaker[@]}" man "$documents/man" >/dev/null 2>&1; then
    speaker=(dotnet "$managed")
    [ -e "$managed" ] || fail "$program cannot write its manual pages here; build it with: dotnet build provisioner/Cli -c Release"
    "${speaker[@]}" man "$documents/man" || fail "$managed cannot write manual pages; build it again"
  fi
  for shell in bash zsh fish; do
    "${speaker[@]}" completion "$shell" >"$documents/$shell"
  done
  changelog >"$documents/changelog"
  notices >"$documents/notices"
}

# The notices of what the compiler of .NET puts into a program.
notices() {
  local file
  file=$(runtime_pack)/THIRD-PARTY-NOTICES.TXT
  [ -e "$file" ] || file=$(dirname "$(readlink -f "$(command -v dotnet)")")/ThirdPartyNotices.txt
  [ -e "$file" ] || fail "no notices of .NET found; they come with: build/publish"
  tr -d '\r' <"$file"
}

release_day() { date -u +%s -d "$(sed -n 's/^## [0-9.]* - //p' CHANGELOG.md | head -1)"; }

maintainer() {
  # The project has no mail address, and .invalid is reserved for saying so (RFC 2606).
  echo "${DEBFULLNAME:-Provision contributors} <${DEBEMAIL:-contributors@provision.invalid}>"
}

# CHANGELOG.md in Debian's form. What is not released yet belongs to a version that is not the newest release.
changelog() {
  awk -v version="$version" -v release="$release" -v now="$(date -u -R -d "@$SOURCE_DATE_EPOCH")" -v by="$(maintainer)" '
    function end() { flush(); if (open) printf "\n -- %s  %s\n\n", by, date; open = 0 }
    function flush(  words, count, i, line, first) {
      if (text == "") return
      count = split(text, words, " ")
      line = mark; first = 1
      for (i = 1; i <= count; i++) {
        if (length(line) + length(words[i]) + 1 > 78) { print line; line = indent; first = 1 }
        line = line (first ? "" : " ") words[i]
        first = 0
      }
      print line
      text = ""
    }
    function begin(name, when) { end(); date = when; open = 1; printf "cloudlet (%s) stable; urgency=medium\n\n", name }
    function rfc(day,  command, result) { command = "date -u -R -d " day; command | getline result; close(command); return result }
    /^## Unreleased/ { if (version != release) begin(version, now); next }
    /^## [0-9]/ { begin($2, rfc($4)); next }
    !open { next }
    /^### / { flush(); printf "  [ %s ]\n", substr($0, 5); next }
    /^- / { flush(); mark = "  * "; indent = "    "; text = substr($0, 3); next }
    /^$/ { flush(); next }
    { if (text == "") { mark = "  "; indent = "  " } gsub(/^ +/, ""); text = text " " $0 }
    END { end() }' CHANGELOG.md
}

make_deb() { # make_deb NAME
  local name=$1 recipe=build/packages/$1 control file size
  tree=$work/$name
  mkdir -p "$tree/DEBIAN"
  # shellcheck source=/dev/null
  . "$recipe/tree"
  put 644 build/packages/copyright "usr/share/doc/$name/copyright"
  put_packed "$documents/changelog" "usr/share/doc/$name/changelog.gz"
  [ ! -e "$recipe/lintian-overrides" ] || put 644 "$recipe/lintian-overrides" "usr/share/lintian/overrides/$name"
  for file in preinst postinst prerm postrm; do
    [ ! -e "$recipe/$file" ] || put 755 "$recipe/$file" "DEBIAN/$file"
  done
  find "$tree" -type d -exec chmod 755 {} +
  size=$(find "$tree" -path "$tree/DEBIAN" -prune -o -type f -printf '%s\n' -o -printf '0\n' |
    awk '{kib += $1 ? int(($1 + 1023) / 1024) : 1} END {print kib}')
  control=$(sed -e '/^#/d' -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@INSTALLED_SIZE@/$size/" \
    -e "s/@MAINTAINER@/$(maintainer)/; s/@LIBC@/${libc:-}/" "$recipe/control")
  case "$control" in *@*[A-Z]@*) fail "$recipe/control has an unknown placeholder" ;; esac
  printf '%s\n' "$control" >"$tree/DEBIAN/control"
  (cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
  find "$tree" -exec touch --no-dereference -d "@$SOURCE_DATE_EPOCH" {} +
  file=${name}_${version}_$architecture.deb
  dpkg-deb "${deb_options[@]}" --root-owner-group --build "$tree" "$output/$file" >/dev/null
  made+=("$file")
}

archive() { # archive FOLDER FILE: the entries of a folder
  local entries
  mapfile -t entries < <(ls -A "$1")
  tar --create --directory "$1" --format=gnu --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
    --mode=go=rX,u+rw,a-s -- "${entries[@]}" | gzip -nc"$gzip_level" >"$output/$2"
  made+=("$2")
}

# Archives: cloudlet for any folder such as /usr/local, and the provider as `pulumi plugin install` unpacks it.
make_archives() {
  local name=cloudlet-$version-linux-$architecture provider_name=pulumi-resource-cloudlet-v$version-linux-$architecture
  tree=$work/archive/$name
  . build/packages/cloudlet/tree
  put 644 LICENSE usr/share/doc/cloudlet/LICENSE
  put 644 CHANGELOG.md usr/share/doc/cloudlet/CHANGELOG.md
  put 644 build/packages/copyright usr/share/doc/cloudlet/copyright
  mv "$tree"/usr/* "$tree"
  rmdir "$tree/usr"
  # Debian's folder of packages; below /usr/local zsh reads the other one.
  mv "$tree/share/zsh/vendor-completions" "$tree/share/zsh/site-functions"
  archive "$work/archive" "$name.tar.gz"
  tree=$work/$provider_name
  put 755 "$provider" pulumi-resource-cloudlet
  put 755 "$program" cloudlet
  put 644 LICENSE LICENSE
  put 644 build/packages/copyright copyright
  put_packed "$documents/notices" dotnet-notices.txt.gz
  archive "$tree" "$provider_name.tar.gz"
}
