using Cloudlet.Errors;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Console.SignIn;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service.Console.Parts;

/// <summary>What is wrong with a form: the API's own checks, each shown at its field.</summary>
/// <param name="check">Throws InvalidRequestException with everything that is wrong.</param>
public sealed class FormState(Action check)
{
    private readonly HashSet<string> _touched = new(StringComparer.Ordinal);
    private readonly HashSet<string> _fields = new(StringComparer.Ordinal);
    private IReadOnlyList<FieldProblem> _found = [];
    private bool _wasSent;

    /// <summary>Called when there are other problems than before. A form does not draw its fields by itself.</summary>
    internal Action? Changed { get; set; }

    /// <summary>What the service refused it with, other than problems of fields.</summary>
    public string? Error { get; private set; }

    /// <summary>True while it is being sent.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Problems that no field of the form shows.</summary>
    public IEnumerable<FieldProblem> Others => _wasSent ? _found.Where(p => !_fields.Contains(p.Path)) : [];

    /// <summary>Problems of a field: after it was changed, or the form was sent.</summary>
    public IEnumerable<string> Of(string path) =>
        _wasSent || _touched.Contains(path) ? _found.Where(p => p.Path == path).Select(p => p.Detail) : [];

    /// <summary>Says that a field shows the problems of a path.</summary>
    internal void Claim(string path) => _fields.Add(path);

    /// <summary>Checks the form after a change of a field.</summary>
    internal void Touch(string path)
    {
        _touched.Add(path);
        Check();
    }

    /// <summary>Checks the form; false when anything is wrong.</summary>
    private bool Check()
    {
        try
        {
            check();
            _found = [];
        }
        catch (InvalidRequestException e)
        {
            _found = e.Problems;
        }

        Changed?.Invoke();
        return _found.Count == 0;
    }

    /// <summary>Sends the form when nothing is wrong.</summary>
    /// <param name="send">Sends it.</param>
    /// <returns>True when it was accepted.</returns>
    public async Task<bool> SendAsync(Func<Task> send)
    {
        (_wasSent, Error) = (true, null);
        if (IsBusy || !Check())
            return false;
        IsBusy = true;
        try
        {
            await send();
            _touched.Clear();
            _wasSent = false;
            return true;
        }
        catch (InvalidRequestException e)
        {
            _found = e.Problems;
        }
        catch (CloudletException e) when (e is not SessionEndedException)
        {
            Error = e.Message;
        }
        finally
        {
            IsBusy = false;
            Changed?.Invoke();
        }

        return false;
    }
}
