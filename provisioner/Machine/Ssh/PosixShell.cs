using System.Buffers;
using Cloudlet.Errors;

namespace Cloudlet.Machine.Ssh;

/// <summary>Quotes words for a POSIX shell (XCU 2.2.2): sshd hands its command line to the user's shell.</summary>
internal static class PosixShell
{
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:,+@%-"
    );

    /// <summary>One command line whose words are exactly <paramref name="words"/>.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    /// <summary>
    /// The word itself when it has no special characters, else in single quotes. A leading dash is quoted, too: ssh accepts options after
    /// the host.
    /// </summary>
    public static string Quote(string word)
    {
        if (word.Contains('\0'))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                "An argument of a remote command holds a zero byte, which no command line can carry."
            );
        var plain = word.Length > 0 && word[0] != '-' && !word.AsSpan().ContainsAnyExcept(Plain);
        return plain ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }
}
