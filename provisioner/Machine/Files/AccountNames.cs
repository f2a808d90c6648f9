using System.Globalization;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Machine.Files;

/// <summary>
/// Names of users and groups from the host's own /etc/passwd and /etc/group (passwd(5), group(5)). Accounts of name services (LDAP, dynamic
/// users) appear by number. The files are read again only when they have changed.
/// </summary>
internal sealed class AccountNames
{
    private readonly Table _users;
    private readonly Table _groups;

    public AccountNames(HostRoot root)
    {
        _users = new Table(root, "/etc/passwd", "user");
        _groups = new Table(root, "/etc/group", "group");
    }

    public string UserName(uint id) => _users.NameOf(id);

    public string GroupName(uint id) => _groups.NameOf(id);

    /// <summary>True when a user has this name.</summary>
    public bool HasUser(string name) => _users.Find(name) is not null;

    /// <summary>True when a group has this name.</summary>
    public bool HasGroup(string name) => _groups.Find(name) is not null;

    /// <summary>Number of a user given by name or number; NotFound for an unknown name.</summary>
    public uint UserId(string name) => _users.IdOf(name);

    /// <summary>Number of a group given by name or number; NotFound for an unknown name.</summary>
    public uint GroupId(string name) => _groups.IdOf(name);

    private sealed class Table(HostRoot root, string path, string what)
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<string, uint> _ids = [];
        private readonly Dictionary<uint, string> _names = [];
        private (long Seconds, uint Nanoseconds, ulong Size)? _stamp;

        public string NameOf(uint id)
        {
            lock (_lock)
            {
                Refresh();
                return _names.TryGetValue(id, out var name) ? name : id.ToString(CultureInfo.InvariantCulture);
            }
        }

        public uint IdOf(string name) =>
            Find(name)
            ?? throw new CloudletException(
                ErrorKind.NotFound,
                $"There is no {what} '{name}' in {path}. Install the package that creates it first, or give an existing name or a number."
            );

        public uint? Find(string name)
        {
            lock (_lock)
            {
                Refresh();
                if (_ids.TryGetValue(name, out var id))
                    return id;
            }
            // The highest number means "unchanged" to chown(2), so it is not a valid id.
            if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number != AttributeCalls.KeepId)
                return number;
            return null;
        }

        private void Refresh()
        {
            using var file = root.TryOpen(path, FileCalls.O_RDONLY | FileCalls.O_NONBLOCK, out _);
            if (file is null || FileCalls.Stat(file, out var stat) < 0)
            {
                _ids.Clear();
                _names.Clear();
                _stamp = null;
                return;
            }
            var stamp = (stat.ChangeSeconds, stat.ChangeNanoseconds, stat.Size);
            if (_stamp == stamp)
                return;
            _ids.Clear();
            _names.Clear();
            foreach (var line in (root.ReadText(path) ?? "").AsSpan().EnumerateLines())
                Add(line);
            _stamp = stamp;
        }

        private void Add(ReadOnlySpan<char> line)
        {
            Span<Range> fields = stackalloc Range[4];
            if (line.Split(fields, ':') < 4 || !uint.TryParse(line[fields[2]], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                return;
            var name = line[fields[0]].ToString();
            _ids.TryAdd(name, id);
            _names.TryAdd(id, name);
        }
    }
}
