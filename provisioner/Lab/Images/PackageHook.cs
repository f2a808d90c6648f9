namespace Cloudlet.Lab.Images;

/// <summary>A customize hook of mmdebstrap that brings a copy of the base up to date and installs packages in it.</summary>
internal static class PackageHook
{
    /// <summary>Name of the script's file beside the root: mmdebstrap would repeat an inline script in every message.</summary>
    public const string FileName = "install.sh";

    /// <summary>
    /// The script; its arguments are the root and the packages. apt and its keys are this machine's, dpkg is the image's, as when
    /// mmdebstrap installs packages. Packages byte-compile their Python modules one by one; that takes a third of the time of a Nova image,
    /// so it is done once at the end, without the modules' tests. Sources: mmdebstrap(1), dpkg-divert(1), py3compile(1).
    /// </summary>
    public const string Script = """
        root=$1; shift
        later=/var/lib/py3compile.later
        chroot "$root" dpkg-divert --quiet --local --no-rename --divert /usr/bin/py3compile.real --add /usr/bin/py3compile
        printf '#!/bin/sh\necho "$@" >>%s\n' $later >"$root"/usr/bin/py3compile
        chmod 755 "$root"/usr/bin/py3compile
        echo 'I: installing packages...'
        APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -o Dir::Bin::dpkg=env -o DPkg::Options::=--unset=TMPDIR -o DPkg::Options::=dpkg \
          -o DPkg::Chroot-Directory="$root" --yes dist-upgrade "$@"
        rm "$root"/usr/bin/py3compile
        chroot "$root" dpkg-divert --quiet --local --rename --remove /usr/bin/py3compile
        [ -e "$root$later" ] || exit 0
        echo 'I: compiling Python modules...'
        # A module that can't be compiled now is compiled when it is imported.
        chroot "$root" python3 -m compileall -q -x '/tests?/' /usr/lib/python3/dist-packages || true
        grep ' /' "$root$later" | while read -r arguments; do chroot "$root" py3compile $arguments || true; done
        rm "$root$later"

        """;

    /// <summary>The hook; <paramref name="packages"/> may be empty.</summary>
    public static string Command(IReadOnlyList<string> packages) =>
        $"sh -ef \"$1\"/../{string.Join(' ', [FileName, "\"$1\"", .. packages])}";
}
