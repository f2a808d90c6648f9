# Functions of build/package that make an apt repository.
# shellcheck shell=bash disable=SC2154 # repository, key, output, made

# find_key: sets $fingerprint to that of $key.
find_key() {
  fingerprint=$(gpg --batch --with-colons --list-secret-keys "$key" 2>/dev/null | awk -F: '$1 == "fpr" {print $10; exit}') || true
  [ -n "$fingerprint" ] || fail "gpg has no secret key '$key'; list them with: gpg --list-secret-keys"
}

# Adds the packages to the folder $repository and signs its lists with the key $fingerprint. Packages of earlier versions
# stay, so that a host can go back. The new lists replace the old ones when they are complete.
make_repository() {
  local file name target architecture architectures new=$repository/.new
  for file in "${made[@]}"; do
    case "$file" in *.deb) ;; *) continue ;; esac
    name=${file%%_*}
    target=$repository/pool/main/$name/$file
    # Hosts remember digests: one version with two contents is an error on each of them.
    [ ! -e "$target" ] || cmp -s "$output/$file" "$target" ||
      fail "$target exists with other content; give the new packages another version with --version"
    install -D -m 644 "$output/$file" "$target"
  done
  architectures=$(find "$repository/pool" -name '*.deb' | sed 's/.*_\(.*\)\.deb$/\1/' | sort -u | paste -sd' ')
  rm -rf "$new"
  for architecture in $architectures; do
    mkdir -p "$new/stable/main/binary-$architecture"
    (cd "$repository" && apt-ftparchive --arch "$architecture" packages pool) >"$new/stable/main/binary-$architecture/Packages"
    gzip -9nk "$new/stable/main/binary-$architecture/Packages"
  done
  apt-ftparchive -o APT::FTPArchive::Release::Origin=Provision -o APT::FTPArchive::Release::Label=Provision \
    -o APT::FTPArchive::Release::Suite=stable -o APT::FTPArchive::Release::Codename=stable \
    -o APT::FTPArchive::Release::Components=main -o APT::FTPArchive::Release::Architectures="$architectures" \
    release "$new/stable" >"$new/Release"
  mv "$new/Release" "$new/stable/Release"
  gpg --batch --yes --local-user "$fingerprint" --digest-algo SHA512 --clearsign --output "$new/stable/InRelease" "$new/stable/Release"
  gpg --batch --yes --local-user "$fingerprint" --digest-algo SHA512 --armor --detach-sign --output "$new/stable/Release.gpg" \
    "$new/stable/Release"
  gpg --batch --yes --export --output "$repository/cloudlet-archive-keyring.gpg" "$fingerprint"
  chmod 644 "$repository/cloudlet-archive-keyring.gpg"
  rm -rf "$repository/dists"
  mv "$new" "$repository/dists"
}
