using Cloudlet.Errors;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Service.Answers;

/// <summary>Collects what is wrong with a request, so that the answer has all of it.</summary>
internal sealed class FieldChecks
{
    private readonly List<FieldProblem> _problems = [];

    /// <summary>Adds a problem unless a condition holds.</summary>
    public FieldChecks Require(bool holds, string path, string detail)
    {
        if (!holds)
            _problems.Add(new FieldProblem(path, detail));
        return this;
    }

    /// <summary>Requires a valid name, or none.</summary>
    public FieldChecks Name(string? name, string path = "name") =>
        Require(
            name is null || RuntimeStore.IsValidName(name),
            path,
            $"expected 1 to 40 lower-case letters, digits and dashes, with a letter first and no dash at the end, found '{Short(name)}'"
        );

    /// <summary>Requires exactly one of several properties.</summary>
    public FieldChecks OneOf(params (string Path, string? Value)[] choices)
    {
        var given = choices.Count(c => c.Value is not null);
        return Require(
            given == 1,
            choices[0].Path,
            $"expected exactly one of {string.Join(", ", choices.Select(c => c.Path))}, found {(given == 0 ? "none" : $"{given}")}"
        );
    }

    /// <summary>Requires an http(s) URL, or none.</summary>
    public FieldChecks Url(string? url, string path = "url") =>
        Require(
            url is null
                || (
                    url.Length <= 2000
                    && Uri.TryCreate(url, UriKind.Absolute, out var parsed)
                    && parsed.Scheme is "http" or "https"
                    && parsed.UserInfo.Length == 0
                ),
            path,
            $"expected an http:// or https:// URL without a password, found '{Short(url)}'"
        );

    /// <summary>Requires a number between bounds.</summary>
    public FieldChecks Between(long value, long least, long most, string path) =>
        Require(value >= least && value <= most, path, $"expected {least} to {most}, found {value}");

    /// <summary>Requires that a text can be read.</summary>
    /// <returns>What was read; null when it could not be.</returns>
    public T? Read<T>(string text, Func<string, T> read, string path)
        where T : class
    {
        try
        {
            return read(text);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.InvalidInput)
        {
            Require(false, path, e.Message);
            return null;
        }
    }

    /// <summary>InvalidRequestException when anything is wrong.</summary>
    public void Done()
    {
        if (_problems.Count > 0)
            throw new InvalidRequestException(_problems);
    }

    private static string Short(string? text) => text is { Length: > 80 } ? $"{text[..80]}…" : text ?? "";
}
