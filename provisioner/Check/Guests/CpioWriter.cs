using System.Text;

namespace Cloudlet.Check.Guests;

/// <summary>
/// Writes an archive in the "new ASCII" format of cpio, which the kernel reads as an initial file system
/// (Documentation/driver-api/early-userspace/buffer-format.rst). Equal entries make equal bytes: times are 0, everything belongs to root.
/// </summary>
/// <param name="output">Receives the archive.</param>
internal sealed class CpioWriter(Stream output)
{
    private const string Magic = "070701";
    private const string Trailer = "TRAILER!!!";
    private const uint Directory = 0x4000;
    private const uint Regular = 0x8000;
    private const uint Link = 0xa000;
    private const uint CharacterDevice = 0x2000;

    private readonly HashSet<string> _names = [];
    private long _written;
    private uint _inode;

    /// <summary>A folder; its parents must be written before it.</summary>
    /// <param name="name">Path without a slash at its beginning.</param>
    public void Folder(string name) => Entry(name, Directory | 0x1ed, []);

    /// <summary>A regular file.</summary>
    /// <param name="name">Path without a slash at its beginning.</param>
    /// <param name="content">Its content.</param>
    /// <param name="isExecutable">True: 0755, else 0644.</param>
    public void File(string name, ReadOnlySpan<byte> content, bool isExecutable = false) =>
        Entry(name, Regular | (isExecutable ? 0x1edu : 0x1a4u), content);

    /// <summary>A symbolic link.</summary>
    public void Symlink(string name, string target) => Entry(name, Link | 0x1ff, Encoding.UTF8.GetBytes(target));

    /// <summary>A character device.</summary>
    public void Device(string name, uint major, uint minor) => Entry(name, CharacterDevice | 0x180, [], major, minor);

    /// <summary>Writes the end of the archive.</summary>
    public void End() => Entry(Trailer, 0, []);

    private void Entry(string name, uint mode, ReadOnlySpan<byte> content, uint major = 0, uint minor = 0)
    {
        if (name.Length == 0 || name[0] == '/' || name.Contains('\0', StringComparison.Ordinal) || !_names.Add(name))
            throw new ArgumentException($"\"{name}\" is not a valid name of a new entry", nameof(name));
        var path = Encoding.UTF8.GetBytes(name);
        var isEnd = name == Trailer;
        ReadOnlySpan<uint> fields =
        [
            isEnd ? 0 : ++_inode,
            mode,
            0, // user
            0, // group
            1, // links
            0, // time
            (uint)content.Length,
            0, // device of the file system
            0,
            major,
            minor,
            (uint)path.Length + 1,
            0, // checksum, of another format
        ];
        var header = new StringBuilder(Magic, 110);
        foreach (var field in fields)
            header.Append($"{field:x8}");
        Write(Encoding.ASCII.GetBytes(header.ToString()));
        Write(path);
        Write([0]);
        Align();
        Write(content);
        Align();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        _written += bytes.Length;
    }

    private void Align() => Write(stackalloc byte[(int)(-_written & 3)]);
}
