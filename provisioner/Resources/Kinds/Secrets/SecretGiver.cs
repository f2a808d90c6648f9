using System.Text;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Sections;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Kinds.Secrets;

/// <summary>
/// Gives the values of secrets to other hosts of the site. A value that has to be made is only sealed as the next one: the apply of this
/// host puts it in place, with the journal and the rollback of any change.
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="vault">Seals values.</param>
/// <param name="copies">Our copies of the values.</param>
public sealed class SecretGiver(IHostFiles files, ContentVault vault, SecretCopies copies)
{
    private readonly SecretOnHost _onHost = new(files, vault, copies, SecretValues.None);

    /// <summary>The values, and why others are not given.</summary>
    /// <param name="request">The secrets; when it makes values, the caller has the host's lock.</param>
    /// <param name="note">Receives what is worth knowing beside the values.</param>
    public SecretsGiven Give(SecretsRequest request, Action<string> note)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var missing = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var changing = new List<string>();
        foreach (var asked in request.Asked.DistinctBy(static a => a.Name))
            try
            {
                var (value, isChange) = asked.Path is { } path ? (OfFile(path), false) : Made(asked, request, note);
                values.Add(asked.Name, value);
                if (isChange)
                    changing.Add(asked.Name);
            }
            catch (CloudletException e)
            {
                missing.Add(asked.Name, e.Message);
            }

        return new SecretsGiven(new SecretValues(values))
        {
            Missing = missing.Count > 0 ? missing : null,
            Changing = changing.Count > 0 ? changing : null,
        };
    }

    private (string Value, bool IsChange) Made(AskedSecret asked, SecretsRequest request, Action<string> note)
    {
        var spec = SpecOf(asked);
        if (_onHost.WantedOf(spec) is { } present)
            return (Text(present), false);
        var earlier = copies.Find(spec.Name) is { } copy ? copies.ValueOf(copy) : null;
        if (earlier is not null && !request.IsIncluded)
        {
            note($"{spec.Id}: other hosts get the present value; an apply of this host makes the described one");
            return (Text(earlier), false);
        }

        if (copies.NextOf(spec.Name, spec.Length, spec.Version) is { } next)
            return (Text(next), earlier is not null);
        if (!request.Makes)
            throw new CloudletException(ErrorKind.NotFound, "the next apply makes it");
        var value = SecretOnHost.Make(spec.Length!.Value);
        copies.KeepNext(spec.Name, value, spec.Length, spec.Version);
        note($"{spec.Id}: a value was made for other hosts; it stays sealed until an apply of this host");
        return (Text(value), earlier is not null);
    }

    private static SecretSpec SpecOf(AskedSecret asked) =>
        SecretSpec.IsName(asked.Name)
        && asked.Length is >= SecretSource.ShortestGenerated and <= SecretSource.LongestGenerated
        && asked.Version is >= 1 and <= SecretSource.LastVersion
            ? new SecretSpec
            {
                Id = SecretSpec.IdOf(asked.Name),
                Name = asked.Name,
                Value = SecretSpec.Current,
                Copy = SecretSpec.Current,
                Length = asked.Length,
                Version = asked.Version,
            }
            : throw new CloudletException(ErrorKind.InvalidInput, "its name, length or version is not valid");

    private static string Text(byte[] value) => Encoding.UTF8.GetString(value);

    /// <summary>The value in a file that the operator keeps.</summary>
    private string OfFile(string path)
    {
        if (files.Read(path, SecretText.LongestValue + 2) is not { } content)
            throw new CloudletException(ErrorKind.NotFound, $"{path} does not exist there");
        var value = SecretText.Of(content, out var problem);
        return problem is null ? value : throw new CloudletException(ErrorKind.InvalidInput, $"{path}: {problem}");
    }
}
