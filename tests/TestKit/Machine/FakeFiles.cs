using System.Text;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;

namespace Cloudlet.TestKit.Machine;

/// <summary>
/// A file system in memory. Reads follow symbolic links at the end of a path, folders that are not empty cannot be deleted, and every
/// change updates the times of its file and folder.
/// </summary>
public sealed class FakeFiles : IHostFiles
{
    /// <summary>Mounts beside the root file system: point → what is mounted there.</summary>
    public IDictionary<string, string> Mounts { get; } = new Dictionary<string, string>();

    /// <inheritdoc/>
    public FolderMount? MountOf(string path) =>
        Mounts
            .Where(m => path.StartsWith(m.Key + "/", StringComparison.Ordinal))
            .OrderByDescending(m => m.Key.Length)
            .Select(m => new FolderMount(m.Key, m.Value))
            .FirstOrDefault()
        ?? new FolderMount("/", "root (ext4)");

    private readonly FakeMachine _machine;
    private readonly SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    internal FakeFiles(FakeMachine machine)
    {
        _machine = machine;
        foreach (
            var folder in (string[])
                [
                    "/",
                    "/etc",
                    "/etc/systemd",
                    "/etc/systemd/system",
                    "/lib",
                    "/lib/systemd",
                    "/lib/systemd/system",
                    "/run",
                    "/var",
                    "/var/lib",
                    "/root",
                ]
        )
            _entries[folder] = New(HostFileType.Directory, (UnixFileMode)0x1ed);
    }

    /// <summary>Every path.</summary>
    public IReadOnlyCollection<string> Paths => _entries.Keys;

    /// <summary>Every byte of every file, for searches.</summary>
    public IEnumerable<(string Path, byte[] Content)> Contents =>
        _entries.Where(e => e.Value.Type == HostFileType.Regular).Select(e => (e.Key, e.Value.Content));

    /// <summary>The text of a file; setting it simulates a change by other software, not a write of ours.</summary>
    public string this[string path]
    {
        get => Encoding.UTF8.GetString(Read(path) ?? throw new KeyNotFoundException(path));
        set => Put(path, Encoding.UTF8.GetBytes(value));
    }

    /// <summary>Creates a file, as other software would.</summary>
    public void Put(string path, byte[] content, int mode = 0x1a4, string owner = "root") =>
        Set(path, New(HostFileType.Regular, (UnixFileMode)mode) with { Content = content, Owner = owner });

    /// <summary>Creates something that is not a file, folder or link.</summary>
    public void PutDevice(string path) => Set(path, New(HostFileType.Other, (UnixFileMode)0x1a4));

    /// <summary>Makes a path immutable, as chattr +i does, or mutable again.</summary>
    public void SetImmutable(string path, bool isImmutable = true) => _entries[path] = _entries[path] with { IsImmutable = isImmutable };

    /// <summary>Sets an extended attribute, as other software would.</summary>
    public void SetExtended(string path, string name, byte[] value) =>
        _entries[path] = _entries[path] with { Extended = new Dictionary<string, byte[]>(_entries[path].Extended) { [name] = value } };

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, byte[]> ReadExtended(string path) =>
        _entries.TryGetValue(path, out var entry) ? entry.Extended : new Dictionary<string, byte[]>();

    /// <inheritdoc/>
    public void WriteExtended(string path, IReadOnlyDictionary<string, byte[]> extended) =>
        _machine.Write(
            $"extended {path}",
            () => _entries[path] = _entries[path] with { Extended = extended, Changed = _machine.Clock.GetUtcNow() }
        );

    /// <summary>Sets the modification time, as touch does; the change time is now.</summary>
    public void Touch(string path, DateTimeOffset modified) =>
        _entries[path] = _entries[path] with { Modified = modified, Changed = _machine.Clock.GetUtcNow() };

    /// <summary>Removes a path, as other software would.</summary>
    public void Take(string path)
    {
        _entries.Remove(path);
        Touched(path);
    }

    /// <summary>Users and groups that this host does not have.</summary>
    public ISet<string> UnknownAccounts { get; } = new HashSet<string>();

    /// <inheritdoc/>
    public bool HasUser(string name) => !UnknownAccounts.Contains(name);

    /// <inheritdoc/>
    public bool HasGroup(string name) => !UnknownAccounts.Contains(name);

    /// <inheritdoc/>
    public HostFileInfo? Stat(string path) =>
        _entries.TryGetValue(path, out var e)
            ? new HostFileInfo(e.Type, e.Mode, e.Owner, e.Group, e.Content.Length, e.Modified, e.Changed, e.Target)
            {
                IsImmutable = e.IsImmutable,
            }
            : null;

    /// <inheritdoc/>
    public byte[]? Read(string path, int limit = 16 << 20)
    {
        for (var i = 0; i < 8; i++)
        {
            if (!_entries.TryGetValue(path, out var entry))
                return null;
            if (entry.Target is { } target)
                path = Path.GetFullPath(target, Path.GetDirectoryName(path)!);
            else if (entry.Type != HostFileType.Regular)
                throw new CloudletException(ErrorKind.InvalidInput, $"read {path}: not a regular file");
            else
                return entry.Content.Length <= limit
                    ? [.. entry.Content]
                    : throw new CloudletException(ErrorKind.InvalidInput, $"read {path}: longer than {limit} bytes");
        }

        throw new CloudletException(ErrorKind.InvalidInput, $"read {path}: too many symbolic links");
    }

    /// <inheritdoc/>
    public void Write(
        string path,
        ReadOnlySpan<byte> content,
        UnixFileMode mode,
        string? owner = null,
        string? group = null,
        DateTimeOffset? modified = null,
        IReadOnlyDictionary<string, byte[]>? extended = null,
        bool isUrgent = false
    )
    {
        var old = _entries.GetValueOrDefault(path);
        if (old?.Type == HostFileType.Directory)
            throw new CloudletException(ErrorKind.InvalidInput, $"write {path}: it is a folder");
        var kept = old?.Type == HostFileType.Regular ? old : null;
        var entry = New(HostFileType.Regular, mode) with
        {
            Content = content.ToArray(),
            Owner = owner ?? kept?.Owner ?? "root",
            Group = group ?? kept?.Group ?? "root",
        };
        entry = entry with
        {
            Modified = modified ?? entry.Modified,
            Extended = extended ?? kept?.Extended.Where(static e => e.Key != "security.capability").ToDictionary() ?? entry.Extended,
        };
        if (old?.IsImmutable == true)
            throw new CloudletException(ErrorKind.PermissionDenied, $"write {path}: it is immutable");
        _machine.Write($"write {path}", () => Set(path, entry));
    }

    /// <inheritdoc/>
    public void Append(string path, ReadOnlySpan<byte> line, UnixFileMode mode, long limit)
    {
        var old = _entries.GetValueOrDefault(path);
        if (old is not null && old.Type != HostFileType.Regular)
            throw new CloudletException(ErrorKind.InvalidInput, $"append to {path}: not a regular file");
        byte[] content =
            old is null || old.Content.Length == 0 || old.Content[^1] == '\n'
                ? [.. old?.Content ?? [], .. line]
                : [.. old.Content, (byte)'\n', .. line];
        var rotated = old is { Content.Length: > 0 } && content.Length > limit ? old : null;
        if (rotated is not null)
            content = line.ToArray();
        _machine.Write(
            $"append {path}",
            () =>
            {
                if (rotated is not null)
                    Set($"{path}.1", rotated);
                Set(
                    path,
                    (rotated is null && old is not null ? old : New(HostFileType.Regular, mode)) with
                    {
                        Content = content,
                        Modified = _machine.Clock.GetUtcNow(),
                        Changed = _machine.Clock.GetUtcNow(),
                    }
                );
            }
        );
    }

    /// <inheritdoc/>
    public void WriteSymlink(string path, string target)
    {
        if (_entries.GetValueOrDefault(path)?.Type == HostFileType.Directory)
            throw new CloudletException(ErrorKind.InvalidInput, $"link {path}: it is a folder");
        _machine.Write($"link {path}", () => Set(path, New(HostFileType.Symlink, (UnixFileMode)0x1ff) with { Target = target }));
    }

    /// <inheritdoc/>
    public void CreateDirectory(string path, UnixFileMode mode, string? owner = null, string? group = null)
    {
        if (!_entries.TryGetValue(path, out var there))
            _machine.Write(
                $"mkdir {path}",
                () => Set(path, New(HostFileType.Directory, mode) with { Owner = owner ?? "root", Group = group ?? "root" })
            );
        else if (there.Type != HostFileType.Directory)
            throw new CloudletException(ErrorKind.AlreadyExists, $"make folder {path}: a file is there");
    }

    /// <inheritdoc/>
    public void SetAttributes(string path, UnixFileMode? mode, string? owner, string? group)
    {
        var old = _entries[path];
        var next = old with { Mode = mode ?? old.Mode, Owner = Name(owner) ?? old.Owner, Group = Name(group) ?? old.Group };
        if (next != old)
            _machine.Write($"attributes {path}", () => _entries[path] = next with { Changed = _machine.Clock.GetUtcNow() });
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        if (!_entries.ContainsKey(path))
            return;
        if (List(path).Count > 0)
            throw new CloudletException(ErrorKind.InvalidInput, $"delete {path}: the folder is not empty");
        _machine.Write($"delete {path}", () => Take(path));
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string directory)
    {
        var start = directory.TrimEnd('/') + "/";
        return
        [
            .. _entries
                .Keys.Where(p =>
                    p.Length > start.Length && p.StartsWith(start, StringComparison.Ordinal) && p.IndexOf('/', start.Length) < 0
                )
                .Select(p => p[start.Length..]),
        ];
    }

    /// <inheritdoc/>
    public void RemoveLeftOvers(string directory)
    {
        foreach (var name in List(directory).Where(TemporaryNames.IsAny))
            Delete($"{directory}/{name}");
    }

    /// <summary>Id 1000 is anna; every other account has its number as its name.</summary>
    private static string? Name(string? owner) =>
        owner == "1000" ? "anna"
        : owner == "0" ? "root"
        : owner;

    private Entry New(HostFileType type, UnixFileMode mode) =>
        new(type, mode, "root", "root", [], _machine.Clock.GetUtcNow(), _machine.Clock.GetUtcNow(), null);

    private void Set(string path, Entry entry)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (!_entries.TryGetValue(folder, out var parent))
            Set(folder, New(HostFileType.Directory, (UnixFileMode)0x1ed));
        else if (parent.Type != HostFileType.Directory)
            throw new CloudletException(ErrorKind.InvalidInput, $"write {path}: {folder} is not a folder");
        _entries[path] = entry with { Owner = Name(entry.Owner)!, Group = Name(entry.Group)! };
        Touched(path);
    }

    private void Touched(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (_entries.TryGetValue(folder, out var parent))
            _entries[folder] = parent with { Modified = _machine.Clock.GetUtcNow(), Changed = _machine.Clock.GetUtcNow() };
    }

    private sealed record Entry(
        HostFileType Type,
        UnixFileMode Mode,
        string Owner,
        string Group,
        byte[] Content,
        DateTimeOffset Modified,
        DateTimeOffset Changed,
        string? Target
    )
    {
        public bool IsImmutable { get; init; }

        public IReadOnlyDictionary<string, byte[]> Extended { get; init; } = new Dictionary<string, byte[]>();
    }
}
