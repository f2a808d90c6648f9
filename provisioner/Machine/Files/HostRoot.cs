using System.Text;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Files;

/// <summary>
/// Opens paths below a host's root folder: <c>/</c> for this host, another folder for the tree of a lab host or a test. Under another root,
/// absolute links resolve inside that tree (openat2 with RESOLVE_IN_ROOT), as they will when the host runs.
/// </summary>
internal sealed class HostRoot
{
    private readonly string _root;

    public HostRoot(string root) => _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    /// <summary>True for the root of this host.</summary>
    public bool IsHost => _root == "/";

    /// <summary>Opens an existing path, following links; null with the errno when that fails.</summary>
    public SafeFileHandle? TryOpen(string path, int flags, out int errno)
    {
        flags |= FileCalls.O_CLOEXEC;
        var file = _root == "/" ? FileCalls.Open(path, flags) : OpenInRoot(path, flags);
        errno = file.IsInvalid ? Errno.Last : 0;
        return file.IsInvalid ? null : file;
    }

    /// <summary>Opens the folder that holds <paramref name="path"/>'s last component; null when that folder does not exist.</summary>
    public SafeFileHandle? TryOpenParent(string path, string action, out string name)
    {
        (var parent, name) = Split(path);
        var folder = TryOpen(parent, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY, out var errno);
        if (folder is null && errno is not (Errno.ENOENT or Errno.ENOTDIR))
            throw FileErrors.Create(errno, action, path);
        return folder;
    }

    /// <summary>Parent folder and last component of an absolute path. <c>/</c> gives <c>/</c> and <c>.</c>.</summary>
    public static (string Parent, string Name) Split(string path)
    {
        if (!path.StartsWith('/') || path.Contains('\0'))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"The path '{path}' is not absolute or holds a zero byte; write it from / on."
            );
        var trimmed = path.AsSpan().TrimEnd('/');
        if (trimmed.IsEmpty)
            return ("/", ".");
        var slash = trimmed.LastIndexOf('/');
        var name = trimmed[(slash + 1)..].ToString();
        if (name is "." or "..")
            throw new CloudletException(ErrorKind.InvalidInput, $"The path '{path}' ends in '{name}'; give the file or folder itself.");
        return (slash == 0 ? "/" : trimmed[..slash].ToString(), name);
    }

    /// <summary>Reads an open file to its end; null when it is longer than <paramref name="limit"/> bytes.</summary>
    public static byte[]? ReadToEnd(SafeFileHandle file, long expected, int limit, string path)
    {
        // One byte more than expected, so that a file usually needs one read for its content and one for its end.
        var buffer = new byte[(int)Math.Min(Math.Max(expected, 4095), limit) + 1];
        var length = 0;
        while (true)
        {
            if (length > limit)
                return null;
            if (length == buffer.Length)
                Array.Resize(ref buffer, (int)Math.Min((long)buffer.Length * 2, (long)limit + 1));
            var count = FileCalls.Read(file, buffer.AsSpan(length));
            if (count == 0)
                return buffer.AsSpan(0, length).ToArray();
            if (count < 0)
                throw FileErrors.Last("read", path);
            length += (int)count;
        }
    }

    /// <summary>Content of a small text file, or null when it does not exist.</summary>
    public string? ReadText(string path)
    {
        using var file = TryOpen(path, FileCalls.O_RDONLY | FileCalls.O_NONBLOCK, out var errno);
        if (file is null)
            return errno is Errno.ENOENT or Errno.ENOTDIR ? null : throw FileErrors.Create(errno, "read", path);
        var content = ReadToEnd(file, 0, 64 << 20, path);
        return content is null ? null : Encoding.UTF8.GetString(content);
    }

    private SafeFileHandle OpenInRoot(string path, int flags)
    {
        var root = FileCalls.Open(_root, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_CLOEXEC);
        if (root.IsInvalid)
            return root;
        using (root)
            return FileCalls.OpenResolved(root, path, flags, FileCalls.RESOLVE_IN_ROOT);
    }
}
