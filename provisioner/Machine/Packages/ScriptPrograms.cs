namespace Cloudlet.Machine.Packages;

/// <summary>
/// Programs that come first in the PATH of the packages' scripts; nothing of the distribution is diverted. On a file system that forbids
/// programs (noexec) the scripts find the real ones.
/// </summary>
/// <remarks>
/// py3compile only records the call, and the Python files of all packages of an installation are compiled together at its end: by itself
/// every package calls py3compile, whose start takes most of the time of installing OpenStack. apt itself runs the end, so it does not
/// depend on this process. When apt is killed, the records stay, and the next installation finishes; until then programs start more slowly,
/// no more.
/// systemctl lets a script enable a unit that is masked while its package is installed.
/// </remarks>
/// <param name="root">Folder that contains the host's files.</param>
internal sealed class ScriptPrograms(string root)
{
    private const string Folder = "/var/lib/cloudlet/apt";
    private const UnixFileMode Executable =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    private const string Record = $"""
        #!/bin/sh
        # Made by Provision: the files of all packages are compiled together, after the installation.
        echo "$*" >> {Folder}/calls

        """;

    /// <summary>
    /// systemctl refuses to enable a masked unit, and Debian's keystone, for one, fails with it. A unit that we masked is enabled, or not,
    /// when its description is applied. The masks of operators stay refused.
    /// </summary>
    private const string Enable = """
        #!/bin/sh
        # Made by Provision: a unit that is masked while its package is installed is enabled when it is applied.
        /usr/bin/systemctl "$@" && exit 0
        status=$?
        verb=
        for word in "$@"; do
          case "$verb:$word" in
            *:-*) ;;
            :enable) verb=enable ;;
            enable:*)
              case "$word" in *.*) ;; *) word=$word.service ;; esac
              [ "$(readlink "/etc/systemd/system/$word")" = /dev/../dev/null ] || exit $status
              ;;
            *) exit $status ;;
          esac
        done
        [ "$verb" = enable ] && exit 0
        exit $status

        """;

    /// <summary>
    /// Modules of packages are in one folder. A call that names a folder of its own, or versions of Python, is made as it was recorded, and
    /// so is every call when this Python has no compileall (python3-minimal alone).
    /// </summary>
    private const string Finish = $"""
        # Made by Provision: compiles what py3compile in bin/ has recorded.
        set -f
        cd {Folder} && [ -s calls ] || exit 0
        together=yes
        for python in $(py3versions -s); do
          $python -m compileall -h >/dev/null 2>&1 || together=no
        done
        while read -r call; do
          case $together:$call in
            yes:-p\ *\ *) /usr/bin/py3compile $call </dev/null ;;
            yes:-p\ *) ;;
            *) /usr/bin/py3compile $call </dev/null ;;
          esac
        done < calls
        if [ $together = yes ]; then
          for python in $(py3versions -s); do
            $python -m compileall -q -j 0 /usr/lib/python3/dist-packages >/dev/null 2>&1
          done
        fi
        rm -f calls

        """;

    /// <summary>Writes the scripts; returns the options with which apt uses them, none where they cannot be written.</summary>
    public IReadOnlyList<string> Prepare()
    {
        try
        {
            Write("bin/py3compile", Record);
            Write("bin/systemctl", Enable);
            Write("finish", Finish);
            return ["-o", $"DPkg::Path={Folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "-o", $"DPkg::Post-Invoke::=sh {Folder}/finish"];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private void Write(string name, string content)
    {
        var path = Path.Join(root, Folder, name);
        if (File.Exists(path) && File.ReadAllText(path) == content)
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, Executable);
    }
}
