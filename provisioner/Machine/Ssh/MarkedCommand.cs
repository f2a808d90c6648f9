using System.Security.Cryptography;
using System.Text;

namespace Cloudlet.Machine.Ssh;

/// <summary>
/// A command for a remote shell, with its output between two unique marks. sshd runs the user's start files before the command, on the same
/// streams: their output, settings, aliases and exit codes must not affect the command. The command line works in any shell (POSIX shells,
/// csh, fish): it executes /bin/sh at once, and has no characters that these shells interpret differently.
/// </summary>
internal sealed class MarkedCommand
{
    /// <summary>
    /// Resets what start files may have changed: shell options, PATH, field separators and umask. The environment stays, because openrc
    /// files set it.
    /// </summary>
    private const string Preparation = """
        set +eufxv
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH LC_ALL=C.UTF-8
        export PATH LC_ALL
        unset IFS CDPATH ENV BASH_ENV SHELLOPTS POSIXLY_CORRECT
        umask 022
        """;

    private readonly string _mark = $"cloudlet-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";

    /// <summary>Prepares a command.</summary>
    /// <param name="command">Program and arguments.</param>
    public MarkedCommand(IEnumerable<string> command)
    {
        var script = $"""
            {Preparation}
            printf '%s+' {_mark} >&2
            printf '%s+' {_mark}
            ({PosixShell.Join(command)})
            c=$?
            printf '%s-%s\n' {_mark} $c >&2
            printf '%s-%s\n' {_mark} $c
            exit $c
            """;
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(script));
        Line = $"exec /bin/sh -c 'PATH=/usr/bin:/bin:$PATH; eval \"$(echo {encoded} | base64 -d)\"'";
    }

    /// <summary>The command line for the host.</summary>
    public string Line { get; }

    /// <summary>The mark before the command's output.</summary>
    public ReadOnlySpan<byte> Begin => Encoding.ASCII.GetBytes(_mark + "+");

    /// <summary>The mark after it, followed by the exit code and a line end.</summary>
    public ReadOnlySpan<byte> End => Encoding.ASCII.GetBytes(_mark + "-");

    /// <summary>A line without our marks, for messages that quote the raw stream.</summary>
    public string WithoutMarks(string line)
    {
        var end = line.IndexOf(_mark + "-", StringComparison.Ordinal);
        return (end < 0 ? line : line[..end]).Replace(_mark + "+", "", StringComparison.Ordinal);
    }
}
