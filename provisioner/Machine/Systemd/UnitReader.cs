using System.Globalization;
using System.Text;

namespace Cloudlet.Machine.Systemd;

/// <summary>
/// Reads a unit's state: all properties of the Unit interface, of which the needed ones are decoded, and four properties of a service one
/// by one. One call for all 250 properties of a service is slower than these four, because systemd then reads its control group and lists
/// its system call filter.
/// </summary>
internal static class UnitReader
{
    private const string UnitPrefix = "/org/freedesktop/systemd1/unit/";
    private const string Properties = "org.freedesktop.DBus.Properties";
    private static readonly string[] Volatile = ["/run/", "/var/run/", "/tmp/", "/dev/"];
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(25);

    public static UnitInfo Read(BusConnection bus, string unit)
    {
        // Reading the properties of a unit's path loads the unit, so LoadUnit is not needed.
        var path = PathOf(unit);
        var action = $"read the state of {unit}";
        using var call = bus.NewCall(path, Properties, "GetAll").Append("org.freedesktop.systemd1.Unit");
        using var reply = bus.Call(call, Timeout, action);
        var values = new Values();
        reply.Enter('a', "{sv}");
        while (reply.Enter('e', "sv"))
        {
            values.Take(reply.ReadUtf8(), reply);
            reply.Exit();
        }
        reply.Exit();
        if (unit.EndsWith(".service", StringComparison.Ordinal))
        {
            ReadOne("MainPID");
            ReadOne("ExecMainStartTimestamp");
            ReadOne("Result");
            ReadOne("EnvironmentFiles");
        }
        return values.ToUnit(unit);

        void ReadOne(string property)
        {
            using var get = bus.NewCall(path, Properties, "Get").Append("org.freedesktop.systemd1.Service").Append(property);
            using var value = bus.Call(get, Timeout, action);
            values.Take(Encoding.UTF8.GetBytes(property), value);
        }
    }

    /// <summary>The units without which a unit cannot start.</summary>
    public static IReadOnlyList<string> ReadNeeds(BusConnection bus, string unit)
    {
        var needs = new List<string>();
        foreach (var property in (ReadOnlySpan<string>)["Requires", "BindsTo", "Triggers"])
        {
            using var get = bus.NewCall(PathOf(unit), Properties, "Get").Append("org.freedesktop.systemd1.Unit").Append(property);
            using var value = bus.Call(get, Timeout, $"read {property} of {unit}");
            value.Enter('v', "as");
            needs.AddRange(value.ReadStrings());
        }

        return needs;
    }

    /// <summary>Name of the unit of an object path, the reverse of <see cref="PathOf"/>; null for any other path.</summary>
    internal static string? NameOf(string path)
    {
        if (!path.StartsWith(UnitPrefix, StringComparison.Ordinal) || path.Length == UnitPrefix.Length)
            return null;
        var encoded = path.AsSpan(UnitPrefix.Length);
        if (encoded is "_")
            return "";
        var bytes = new byte[encoded.Length];
        var length = 0;
        for (var i = 0; i < encoded.Length; length++)
        {
            if (encoded[i] != '_')
                bytes[length] = (byte)encoded[i++];
            else if (
                encoded.Length >= i + 3
                && byte.TryParse(encoded.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, null, out bytes[length])
            )
                i += 3;
            else
                return null;
        }
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    /// <summary>
    /// Object path of a unit: every byte but letters and digits (and a leading digit) as _ and two hex digits, sd_bus_path_encode(3).
    /// </summary>
    internal static string PathOf(string unit)
    {
        var path = new StringBuilder(UnitPrefix, UnitPrefix.Length + (unit.Length * 2));
        var bytes = Encoding.UTF8.GetBytes(unit);
        for (var i = 0; i < bytes.Length; i++)
        {
            var c = (char)bytes[i];
            if (char.IsAsciiLetter(c) || (i > 0 && char.IsAsciiDigit(c)))
                path.Append(c);
            else
                path.Append('_').Append(bytes[i].ToString("x2"));
        }
        return bytes.Length == 0 ? path.Append('_').ToString() : path.ToString();
    }

    private sealed class Values
    {
        private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
        private bool _needDaemonReload;
        private bool _canReload;
        private string _invocationId = "";
        private int _mainPid;
        private ulong _mainStart;
        private ulong _activeEnter;
        private IReadOnlyList<string> _dropIns = [];
        private IReadOnlyList<EnvironmentFile> _environmentFiles = [];

        /// <summary>Reads the variant that follows a property's name, or skips it.</summary>
        public void Take(ReadOnlySpan<byte> name, BusMessage message)
        {
            var type = TypeOf(name);
            if (type is null)
            {
                message.Skip("v");
                return;
            }
            var key = name.Text();
            message.Enter('v', type);
            switch (key)
            {
                case "NeedDaemonReload":
                    _needDaemonReload = message.ReadInt('b') != 0;
                    break;
                case "CanReload":
                    _canReload = message.ReadInt('b') != 0;
                    break;
                case "InvocationID":
                    _invocationId = message.ReadBytesAsHex();
                    break;
                case "MainPID":
                    _mainPid = message.ReadInt('u');
                    break;
                case "ExecMainStartTimestamp":
                    _mainStart = message.ReadLong();
                    break;
                case "ActiveEnterTimestamp":
                    _activeEnter = message.ReadLong();
                    break;
                case "DropInPaths":
                    _dropIns = message.ReadStrings();
                    break;
                case "EnvironmentFiles":
                    _environmentFiles = ReadEnvironmentFiles(message);
                    break;
                default:
                    _texts[key] = message.ReadString();
                    break;
            }
            message.Exit();
        }

        public UnitInfo ToUnit(string unit) =>
            new()
            {
                Name = unit,
                LoadState = Text("LoadState"),
                ActiveState = Text("ActiveState"),
                SubState = Text("SubState"),
                UnitFileState = Text("UnitFileState"),
                NeedDaemonReload = _needDaemonReload,
                InvocationId = _invocationId,
                MainPid = _mainPid,
                Result = Text("Result"),
                CanReload = _canReload,
                // frozen, freezing, frozen-by-parent, freezing-by-parent; systemd before 246 does not have it.
                IsFrozen = Text("FreezerState").StartsWith("fr", StringComparison.Ordinal),
                Fragments = [.. _dropIns.Prepend(Text("FragmentPath")).Where(IsWritten)],
                EnvironmentFiles = [.. _environmentFiles.Where(static f => IsConfiguration(f.Path))],
                Started = Time(_mainStart != 0 ? _mainStart : _activeEnter),
            };

        /// <summary>
        /// False for files of the manager itself: generators write at every reload, and set properties take effect at once.
        /// </summary>
        private static bool IsWritten(string path) =>
            path.Length > 0
            && !path.StartsWith("/run/systemd/generator", StringComparison.Ordinal)
            && !path.StartsWith("/run/systemd/transient/", StringComparison.Ordinal)
            && !path.Contains("/system.control/", StringComparison.Ordinal);

        private static bool IsConfiguration(string path) =>
            path.StartsWith('/')
            && path.IndexOfAny(['*', '?', '[']) < 0
            && !Volatile.Any(folder => path.StartsWith(folder, StringComparison.Ordinal));

        private static List<EnvironmentFile> ReadEnvironmentFiles(BusMessage message)
        {
            var files = new List<EnvironmentFile>();
            message.Enter('a', "(sb)");
            while (message.Enter('r', "sb"))
            {
                files.Add(new EnvironmentFile(message.ReadString(), message.ReadInt('b') != 0));
                message.Exit();
            }
            message.Exit();
            return files;
        }

        private string Text(string key) => _texts.GetValueOrDefault(key, "");

        /// <summary>D-Bus signature of a wanted property, or null.</summary>
        private static string? TypeOf(ReadOnlySpan<byte> name) =>
            name.Is("LoadState"u8)
            || name.Is("ActiveState"u8)
            || name.Is("SubState"u8)
            || name.Is("UnitFileState"u8)
            || name.Is("Result"u8)
            || name.Is("FreezerState"u8)
            || name.Is("FragmentPath"u8)
                ? "s"
            : name.Is("DropInPaths"u8) ? "as"
            : name.Is("EnvironmentFiles"u8) ? "a(sb)"
            : name.Is("NeedDaemonReload"u8) || name.Is("CanReload"u8) ? "b"
            : name.Is("InvocationID"u8) ? "ay"
            : name.Is("MainPID"u8) ? "u"
            : name.Is("ExecMainStartTimestamp"u8) || name.Is("ActiveEnterTimestamp"u8) ? "t"
            : null;

        private static DateTimeOffset? Time(ulong microseconds) =>
            microseconds == 0 ? null : DateTimeOffset.UnixEpoch.AddTicks((long)microseconds * TimeSpan.TicksPerMicrosecond);
    }
}
