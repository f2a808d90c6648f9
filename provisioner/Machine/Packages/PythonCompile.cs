namespace Cloudlet.Machine.Packages;

/// <summary>
/// Compiles the Python files of all packages of an installation together at its end. By itself every package calls py3compile, whose start
/// takes most of the time of installing OpenStack.
/// </summary>
/// <remarks>
/// A py3compile of ours comes first in the PATH of the packages' scripts and only records the call; nothing of the distribution is
/// diverted. apt itself runs the end, so it does not depend on this process. When apt is killed, the records stay, and the next
/// installation finishes; until then programs start more slowly, no more. On a file system that forbids programs (noexec) the scripts find
/// the real py3compile.
/// </remarks>
/// <param name="root">Folder that contains the host's files.</param>
internal sealed class PythonCompile(string root)
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
