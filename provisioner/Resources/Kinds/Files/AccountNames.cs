using System.Text;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.Kinds.Files;

/// <summary>Names of users and groups in the form of the description: <c>1000</c> is not reported as <c>anna</c>.</summary>
internal sealed class AccountNames(IHostFiles files)
{
    /// <summary>The present user, as the wanted text if both are the same.</summary>
    public string UserAs(string? wanted, string actual) => NameAs(wanted, actual, "/etc/passwd");

    /// <summary>The present group, as the wanted text if both are the same.</summary>
    public string GroupAs(string? wanted, string actual) => NameAs(wanted, actual, "/etc/group");

    private string NameAs(string? wanted, string actual, string accounts)
    {
        if (
            wanted is null
            || wanted == actual
            || wanted.Length == 0
            || wanted.AsSpan().IndexOfAnyExceptInRange('0', '9') >= 0
            || files.Read(accounts) is not { } table
        )
            return actual;
        foreach (var line in Encoding.UTF8.GetString(table).Split('\n'))
            if (line.Split(':') is [var name, _, var number, ..] && name == actual && number == wanted)
                return wanted;
        return actual;
    }
}
