using Cloudlet.Errors;

namespace Cloudlet.Machine.Systemd;

/// <summary>
/// Reads template units (<c>x@.service</c>), the files of instances. The manager has no object for a template and refuses to load one, so
/// only the state of its file is available.
/// </summary>
internal static class UnitTemplates
{
    private const string Fields = "ssssssouso";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(25);

    /// <summary>True for the name of a template, <c>x@.service</c>; its instances have a name between the @ and the dot.</summary>
    public static bool IsTemplate(string unit) => unit.IndexOf('@') is var at and > 0 && unit.LastIndexOf('.') == at + 1;

    /// <summary>The state of a template's file.</summary>
    public static UnitInfo Read(BusConnection bus, string template)
    {
        var state = FileState(bus, template);
        return new UnitInfo
        {
            Name = template,
            LoadState = state switch
            {
                null => "not-found",
                "masked" or "masked-runtime" => "masked",
                "bad" => "bad-setting",
                _ => "loaded",
            },
            ActiveState = "inactive",
            SubState = "dead",
            UnitFileState = state ?? "",
            NeedDaemonReload = LoadedInstances(bus, template).Any(instance => UnitReader.Read(bus, instance).NeedDaemonReload),
            InvocationId = "",
            MainPid = 0,
            Started = null,
        };
    }

    /// <summary>The state of the unit file, as <c>systemctl is-enabled</c> shows it; null: there is none.</summary>
    private static string? FileState(BusConnection bus, string template)
    {
        try
        {
            using var call = bus.NewCall(BusConnection.ManagerPath, BusConnection.ManagerInterface, "GetUnitFileState").Append(template);
            using var reply = bus.Call(call, Timeout, $"read the state of the file of {template}");
            return reply.ReadString();
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }

    private static List<string> LoadedInstances(BusConnection bus, string template)
    {
        var at = template.IndexOf('@') + 1;
        using var call = bus.NewCall(BusConnection.ManagerPath, BusConnection.ManagerInterface, "ListUnitsByPatterns")
            .AppendList()
            .AppendList($"{template[..at]}*{template[at..]}");
        using var reply = bus.Call(call, Timeout, $"list the instances of {template}");
        var instances = new List<string>();
        reply.Enter('a', $"({Fields})");
        while (reply.Enter('r', Fields))
        {
            instances.Add(reply.ReadString());
            reply.Skip(Fields[1..]);
            reply.Exit();
        }

        return instances;
    }
}
